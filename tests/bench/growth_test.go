package bench_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"kubejobs/shared/testkit/proctest"
	"kubejobs/tests/bench/rig"
)

// growthConcurrent is the number of ticks that are under way at once.
const growthConcurrent = 8

// crowd is a number of jobs, with Redises and a program of its own.
type crowd struct {
	rig     *rig.Rig
	program *proctest.Process
	jobs    int
	figures []rig.Figures
	warm    int // RSS after a tick of each job
}

// TestLongGrowth measures ticks of numbers of jobs on 1,000 Redises in turn, if GROWTH_COUNT
// says how often. GROWTH_JOBS names the numbers, the first of which the others are compared
// with. Each measurement takes BENCH_TIME.
func TestLongGrowth(t *testing.T) {
	count, _ := strconv.Atoi(os.Getenv("GROWTH_COUNT"))
	if count < 1 {
		t.Skip("GROWTH_COUNT does not say how often: `make bench-growth` does")
	}
	during, err := time.ParseDuration(os.Getenv("BENCH_TIME"))
	if err != nil {
		t.Fatalf("BENCH_TIME: %v", err)
	}
	out := create(t, "growth.txt")
	path := rig.Build(t, "kubejobs/functions/cmd/kubejobs")
	var crowds []*crowd
	for _, text := range strings.Split(os.Getenv("GROWTH_JOBS"), ",") {
		jobs, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("GROWTH_JOBS: %v", err)
		}
		crowds = append(crowds, gather(t, path, jobs))
	}
	for n := range count {
		for i := range crowds {
			c := crowds[(i+n)%len(crowds)]
			f := c.rig.Measure(c.program, rig.Load{IDs: c.rig.IDs(rig.Many), Concurrent: growthConcurrent, For: during})
			c.figures = append(c.figures, f)
			fmt.Fprintln(out, f.Line(fmt.Sprintf("BenchmarkGrowth/jobs=%d-%d", c.jobs, runtime.GOMAXPROCS(0))))
		}
	}
	fmt.Fprint(os.Stdout, "\n", growthTable(crowds))
}

// gather starts jobs, and then an instance that serves ticks alone, as each Knative Service
// does: the local scheduler of the instance that started the jobs would be a part of its
// memory. Each job is ticked once.
func gather(t *testing.T, path string, jobs int) *crowd {
	t.Helper()
	c := &crowd{rig: rig.New(t, jobs), jobs: jobs}
	began := time.Now()
	starter := rig.Serve(t, path, "serve", c.rig.Settings)
	c.rig.StartMany(starter.Addr(), 2*growthConcurrent)
	starter.Stop()
	t.Logf("%d jobs were started in %v", jobs, time.Since(began).Round(time.Second))
	c.program = rig.Serve(t, path, "serve", func(addr string) map[string]string {
		settings := c.rig.Settings(addr)
		settings["FUNCTION_TARGET"] = "tick"
		return settings
	})
	c.rig.WarmMany(c.program.Addr())
	c.warm = c.rig.Measure(c.program, rig.Load{
		IDs: c.rig.IDs(rig.Many), Concurrent: growthConcurrent, Ticks: max(jobs, 5000), For: 5 * time.Minute, Warming: true,
	}).RSS
	return c
}

// growthTable returns medians, and the medians of the ratios to the first crowd's.
func growthTable(crowds []*crowd) string {
	var text strings.Builder
	text.WriteString("| jobs | ticks/s | CPU s for 1,000 ticks | times | p50 ms | p99 ms | times | round trips | connections | RSS MB |\n|" +
		strings.Repeat("---|", 10) + "\n")
	p99 := func(f rig.Figures) float64 { return milliseconds(f.P99) }
	for _, c := range crowds {
		median := func(figure func(rig.Figures) float64) float64 { return rig.Median(c.figures, figure) }
		fmt.Fprintf(&text, "| %d | %.0f | %.3f | %.2f | %.2f | %.2f | %.2f | %.2f | %.3f | %.0f |\n", c.jobs, median(rateOf),
			median(cpuOf), rig.Ratio(c.figures, crowds[0].figures, cpuOf),
			median(func(f rig.Figures) float64 { return milliseconds(f.P50) }),
			median(p99), rig.Ratio(c.figures, crowds[0].figures, p99),
			median(func(f rig.Figures) float64 { return f.RoundTrips }),
			median(func(f rig.Figures) float64 { return f.Connections }),
			max(float64(c.warm), median(func(f rig.Figures) float64 { return float64(f.RSS) }))/1e6)
	}
	return text.String()
}
