package bench_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"kubejobs/tests/bench/rig"
)

// Lines between which write replaces the text of a document.
const (
	beginMeasured = "<!-- begin: written by make bench-docs -->\n"
	endMeasured   = "<!-- end: written by make bench-docs -->\n"
)

// budgets are the limits of the ratios of the program to the floor.
var budgets = []struct {
	what       string
	fresh      bool
	concurrent []int // where it counts
	cpu, rate  float64
}{
	{"8 at once", false, []int{8}, 1.3, 0.8},
	{"32 at once", false, []int{32}, 1.0, 1.0},
	{"fresh connections", true, []int{8, 32}, 1.2, 0.9},
}

func cpuOf(f rig.Figures) float64  { return f.CPU }
func rateOf(f rig.Figures) float64 { return f.Rate }

// ratios returns a table of the ratios beside their budgets.
func (f found) ratios() string {
	var text strings.Builder
	text.WriteString("| jobs | ticks | CPU, times the floor's | budget | ticks/s, times the floor's | budget |\n|---|---|---|---|---|---|\n")
	for _, jobs := range rig.Layouts() {
		for _, b := range budgets {
			for _, concurrent := range b.concurrent {
				m := f.all[scenario{jobs, b.fresh, concurrent}]
				if m == nil {
					continue
				}
				cpu, rate := rig.Ratio(m.program, m.floor, cpuOf), rig.Ratio(m.program, m.floor, rateOf)
				what := b.what
				if len(b.concurrent) > 1 {
					what += fmt.Sprintf(", %d at once", concurrent)
				}
				fmt.Fprintf(&text, "| %s | %s | %.2f %s | ≤ %.1f | %.2f %s | ≥ %.1f |\n", describe(jobs), what,
					cpu, verdict(cpu <= b.cpu), b.cpu, rate, verdict(rate >= b.rate), b.rate)
			}
		}
	}
	return text.String()
}

func verdict(kept bool) string {
	if kept {
		return "✓"
	}
	return "✗"
}

func describe(layout string) string {
	switch layout {
	case rig.Own:
		return "a Redis each"
	case rig.Controlled:
		return "one Redis, controlled"
	default:
		return "one Redis"
	}
}

// figures returns a table of all medians.
func (f found) figures() string {
	var text strings.Builder
	text.WriteString("| jobs | HTTP | at once | server | ticks/s | CPU s for 1,000 ticks | the Redises' CPU s | p50 ms | p99 ms |" +
		" commands | round trips | connections | RSS MB |\n|" + strings.Repeat("---|", 13) + "\n")
	for _, s := range scenarios() {
		m := f.all[s]
		for _, row := range []struct {
			name string
			of   []rig.Figures
		}{{"kubejobs", m.program}, {"floor", m.floor}} {
			median := func(figure func(rig.Figures) float64) float64 { return rig.Median(row.of, figure) }
			fmt.Fprintf(&text, "| %s | %s | %d | %s | %.0f | %.3f | %.3f | %.2f | %.2f | %.1f | %.2f | %.3f | %.0f |\n",
				describe(s.jobs), s.connections(), s.concurrent, row.name, median(rateOf), median(cpuOf),
				median(func(f rig.Figures) float64 { return f.RedisCPU }),
				median(func(f rig.Figures) float64 { return milliseconds(f.P50) }),
				median(func(f rig.Figures) float64 { return milliseconds(f.P99) }),
				median(func(f rig.Figures) float64 { return f.Commands }),
				median(func(f rig.Figures) float64 { return f.RoundTrips }),
				median(func(f rig.Figures) float64 { return f.Connections }),
				median(func(f rig.Figures) float64 { return float64(f.RSS) / 1e6 }))
		}
	}
	return text.String()
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// String returns what stands between the markers.
func (f found) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "Measured on %s by `make bench-docs BENCH_COUNT=%d BENCH_TIME=%s`: %d cores, %s, %s. Medians of %d.\n\n",
		time.Now().UTC().Format("2 January 2006"), f.count, f.during, runtime.NumCPU(), runtime.Version(), redisVersion(), f.count)
	fmt.Fprintf(&text, "## Against the budgets\n\nEach is the median of the ratios of two measurements that followed one another.\n\n%s\n", f.ratios())
	fmt.Fprintf(&text, "## All figures\n\n%s\n", f.figures())
	fmt.Fprintf(&text, "## Memory of a tick\n\n| server | allocations | bytes |\n|---|---|---|\n"+
		"| kubejobs | %.0f | %.0f |\n| floor | %.0f | %.0f |\n\n", f.program.objects, f.program.bytes, f.floor.objects, f.floor.bytes)
	fmt.Fprintf(&text, "## Where the CPU goes\n\nA profile of kubejobs (%s, HTTP %s, %d at once).\n\n| part | of the CPU |\n|---|---|\n",
		describe(f.profileScenario.jobs), f.profileScenario.connections(), f.profileScenario.concurrent)
	for _, p := range f.profile.groups {
		if p.percent >= 0.5 {
			fmt.Fprintf(&text, "| %s | %.1f %% |\n", p.name, p.percent)
		}
	}
	text.WriteString("\n| function | of the CPU, itself |\n|---|---|\n")
	for _, p := range f.profile.functions[:min(15, len(f.profile.functions))] {
		fmt.Fprintf(&text, "| `%s` | %.1f %% |\n", p.name, p.percent)
	}
	return text.String()
}

func redisVersion() string {
	out, err := exec.Command("redis-server", "--version").Output()
	fields := strings.Fields(string(out))
	if err != nil || len(fields) < 3 {
		return "Redis"
	}
	return "Redis " + strings.TrimPrefix(fields[2], "v=")
}

// write replaces the text between the markers of a document.
func (f found) write(t *testing.T, path string) {
	t.Helper()
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(old), beginMeasured)
	_, after, ends := strings.Cut(rest, endMeasured)
	if !begins || !ends {
		t.Fatalf("%s has no lines %q and %q", path, beginMeasured, endMeasured)
	}
	text := before + beginMeasured + "\n" + f.String() + "\n" + endMeasured + after
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
