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
	b := ticksBench{
		count: count, during: during, out: create(t, "ticks.txt"), all: map[scenario]*measured{},
		program: rig.Build(t, "kubejobs/functions/cmd/kubejobs"), served: rig.Build(t, "kubejobs/tests/bench/served"),
	}
	fmt.Fprintf(b.out, "goos: %s\ngoarch: %s\npkg: kubejobs/tests/bench\n", runtime.GOOS, runtime.GOARCH)
	for _, layout := range rig.Layouts() {
		t.Run(layout, func(t *testing.T) { b.measure(t, layout) })
	}
	if t.Failed() {
		return
	}
	found := look(t, b.served, during, b.out)
	found.all, found.count, found.during = b.all, count, during
	fmt.Fprint(os.Stdout, "\n", found.ratios())
	if os.Getenv("BENCH_DOCS") != "" {
		found.write(t, "../PERFORMANCE.md")
	}
}

// ticksBench measures scenarios.
type ticksBench struct {
	count           int
	during          time.Duration
	program, served string // paths
	out             io.Writer
	all             map[scenario]*measured
}

// measure measures the scenarios of one layout, with Redises, a program and a floor of their
// own: how often a process collects garbage depends on the jobs that it had before.
func (b *ticksBench) measure(t *testing.T, layout string) {
	t.Helper()
	some := slices.DeleteFunc(scenarios(), func(s scenario) bool { return s.jobs != layout })
	if len(some) == 0 {
		t.Skip("BENCH_ONLY names none of them")
	}
	r := rig.New(t, benchJobs)
	program, floor := rig.Serve(t, b.program, "serve", r.Settings), rig.Serve(t, b.served, "floor", r.FloorSettings)
	begin(r, layout, program)
	for _, s := range some {
		beside(r, s, program, floor, 0, b.during/2) // both connect
		b.all[s] = &measured{}
	}
	for n := range b.count {
		for _, s := range some {
			m := beside(r, s, program, floor, n, b.during)
			b.all[s].program = append(b.all[s].program, m.program...)
			b.all[s].floor = append(b.all[s].floor, m.floor...)
			fmt.Fprintln(b.out, m.program[0].Line(fmt.Sprintf("BenchmarkTick/server=program/%s-%d", s, runtime.GOMAXPROCS(0))))
			fmt.Fprintln(b.out, m.floor[0].Line(fmt.Sprintf("BenchmarkTick/server=floor/%s-%d", s, runtime.GOMAXPROCS(0))))
		}
	}
}

// begin starts the jobs of a layout with a program, which remembers as many ticks of each as
// it can, and gives them to the floor.
func begin(r *rig.Rig, layout string, program *proctest.Process) {
	r.StartJobs(program.Addr(), layout)
	r.Warm(program.Addr(), layout, 8)
	r.CopyToFloor(layout)
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
