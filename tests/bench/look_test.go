package bench_test

import (
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"kubejobs/shared/testkit/proctest"
	"kubejobs/tests/bench/rig"
)

// found is all that was measured.
type found struct {
	count           int
	during          time.Duration
	all             map[scenario]*measured
	program, floor  allocated
	profile         profile
	profileScenario scenario
}

// allocated is what one tick allocates.
type allocated struct{ objects, bytes float64 }

// profileTime is how long a profile takes at least: it has a hundred samples a second.
const profileTime = 10 * time.Second

// look measures what only a process shows that is built for it: allocations of a tick,
// and where the processor time goes. The program is the same, without its command.
func look(t *testing.T, served string, during time.Duration, out io.Writer) found {
	t.Helper()
	f := found{profileScenario: scenario{rig.Shared, false, 8}}
	r := rig.New(t, benchJobs)
	program := rig.Serve(t, served, "program", r.Settings)
	defer program.Stop()
	floor := rig.Serve(t, served, "floor", r.FloorSettings)
	defer floor.Stop()
	begin(r, f.profileScenario.jobs, program)
	f.program = allocations(t, r, program, f.profileScenario, during)
	f.floor = allocations(t, r, floor, f.profileScenario, during)
	for name, a := range map[string]allocated{"program": f.program, "floor": f.floor} {
		fmt.Fprintf(out, "BenchmarkTickMemory/server=%s/%s-%d\t1\t%.0f B/op\t%.1f allocs/op\n",
			name, f.profileScenario, runtime.GOMAXPROCS(0), a.bytes, a.objects)
	}
	f.profile = profiled(t, r, program, f.profileScenario, max(2*during, profileTime))
	return f
}

func allocations(t *testing.T, r *rig.Rig, served *proctest.Process, s scenario, during time.Duration) allocated {
	t.Helper()
	r.Measure(served, s.load(r, during/2)) // it connects
	before, err := rig.Allocated(t.Context(), served)
	if err != nil {
		t.Fatal(err)
	}
	n := float64(r.Measure(served, s.load(r, during)).Ticks)
	after, err := rig.Allocated(t.Context(), served)
	if err != nil {
		t.Fatal(err)
	}
	return allocated{float64(after.Objects-before.Objects) / n, float64(after.Bytes-before.Bytes) / n}
}

// profiled sends a load and returns where the processor time of the server went.
func profiled(t *testing.T, r *rig.Rig, served *proctest.Process, s scenario, during time.Duration) profile {
	t.Helper()
	path := filepath.Join(results, "tick.pprof")
	done := make(chan error, 1)
	go func() { done <- rig.Profile(t.Context(), served, during, path) }()
	r.Measure(served, s.load(r, during+time.Second))
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return readProfile(t, path)
}
