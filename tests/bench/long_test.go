package bench_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kubejobs/shared/testkit/proctest"
	"kubejobs/tests/bench/rig"
)

const (
	// benchJobs is the number of jobs of each layout.
	benchJobs = 200
	// results is the folder for what was measured.
	results = "../../bin/bench"
)

// scenario is how ticks come.
type scenario struct {
	jobs       string // layout
	fresh      bool
	concurrent int
}

// connections names how a scenario connects.
func (s scenario) connections() string {
	if s.fresh {
		return "fresh"
	}
	return "kept"
}

func (s scenario) String() string {
	return fmt.Sprintf("jobs=%s/http=%s/concurrent=%d", s.jobs, s.connections(), s.concurrent)
}

func (s scenario) load(r *rig.Rig, during time.Duration) rig.Load {
	return rig.Load{IDs: r.IDs(s.jobs), Concurrent: s.concurrent, Fresh: s.fresh, For: during}
}

// scenarios returns all of them, or those whose name holds BENCH_ONLY.
func scenarios() []scenario {
	var all []scenario
	for _, jobs := range []string{rig.Shared, rig.Own} {
		for _, fresh := range []bool{false, true} {
			for _, concurrent := range []int{1, 8, 32} {
				all = append(all, scenario{jobs, fresh, concurrent})
			}
		}
	}
	all = append(all, scenario{rig.Controlled, false, 8}, scenario{rig.Controlled, false, 32}, scenario{rig.Controlled, true, 8})
	only := os.Getenv("BENCH_ONLY")
	return slices.DeleteFunc(all, func(s scenario) bool { return !strings.Contains(s.String(), only) })
}

// measured is what was measured of one scenario, beside one another.
type measured struct{ program, floor []rig.Figures }

// TestLongTicks measures ticks over HTTP of the program and of the floor, in turn, if
// BENCH_COUNT says how often. Each measurement takes BENCH_TIME. It writes lines for
// benchstat and, if BENCH_DOCS is set, PERFORMANCE.md.
func TestLongTicks(t *testing.T) {
	count, _ := strconv.Atoi(os.Getenv("BENCH_COUNT"))
	if count < 1 {
		t.Skip("BENCH_COUNT does not say how often: `make bench` does")
	}
	during, err := time.ParseDuration(os.Getenv("BENCH_TIME"))
	if err != nil {
		t.Fatalf("BENCH_TIME: %v", err)
	}
	r := rig.New(t, benchJobs)
	served := rig.Build(t, "kubejobs/tests/bench/served")
	program := rig.Serve(t, rig.Build(t, "kubejobs/functions/cmd/kubejobs"), "serve", r.Settings)
	floor := rig.Serve(t, served, "floor", r.FloorSettings)
	for _, layout := range rig.Layouts() {
		r.StartJobs(program.Addr(), layout)
		r.Warm(program.Addr(), layout, 8)
		r.CopyToFloor(layout)
	}

	out := create(t, "ticks.txt")
	fmt.Fprintf(out, "goos: %s\ngoarch: %s\npkg: kubejobs/tests/bench\n", runtime.GOOS, runtime.GOARCH)
	all := map[scenario]*measured{}
	for n := range count {
		for _, s := range scenarios() {
			if all[s] == nil {
				all[s] = &measured{}
				beside(r, s, program, floor, 0, during/2) // both connect
			}
			m := beside(r, s, program, floor, n, during)
			all[s].program = append(all[s].program, m.program...)
			all[s].floor = append(all[s].floor, m.floor...)
			fmt.Fprintln(out, m.program[0].Line(fmt.Sprintf("BenchmarkTick/server=program/%s-%d", s, runtime.GOMAXPROCS(0))))
			fmt.Fprintln(out, m.floor[0].Line(fmt.Sprintf("BenchmarkTick/server=floor/%s-%d", s, runtime.GOMAXPROCS(0))))
		}
	}
	floor.Stop()
	program.Stop()
	found := look(t, r, served, during, out)
	found.all, found.count, found.during = all, count, during
	fmt.Fprint(os.Stdout, "\n", found.ratios())
	if os.Getenv("BENCH_DOCS") != "" {
		found.write(t, "../PERFORMANCE.md")
	}
}

// beside measures one scenario of both servers; which of them is first depends on n.
func beside(r *rig.Rig, s scenario, program, floor *proctest.Process, n int, during time.Duration) measured {
	r.Work(s.jobs)
	var m measured
	for i := range 2 {
		if (i+n)%2 == 0 {
			m.program = append(m.program, r.Measure(program, s.load(r, during)))
		} else {
			m.floor = append(m.floor, r.Measure(floor, s.load(r, during)))
		}
	}
	return m
}

// create creates a file of results. What is written to it is shown too.
func create(t *testing.T, name string) io.Writer {
	t.Helper()
	if err := os.MkdirAll(results, 0o750); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(results, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return io.MultiWriter(file, os.Stdout)
}
