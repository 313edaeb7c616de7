package scale_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/tests/scale"
)

// document has the tables between marks.
const (
	document   = "../SCALING.md"
	begin, end = "<!-- tables: SCALE_WRITE=1 go test ./tests/scale -->\n", "<!-- end of the tables -->\n"
)

func loads() []scale.Load {
	return []scale.Load{
		{Jobs: 1_000, Period: 2 * time.Second},
		{Jobs: 10_000, Period: 2 * time.Second},
		{Jobs: 50_000, Period: 2 * time.Second},
		{Jobs: 100_000, Period: 2 * time.Second},
		{Jobs: 100_000, Period: 10 * time.Second},
		{Jobs: 1_000_000, Period: 2 * time.Second},
		{Jobs: 1_000_000, Period: time.Minute},
	}
}

// tables returns the tables of the document.
func tables() string {
	var text strings.Builder
	c := scale.Measured
	text.WriteString("| jobs, period | ticks/s | state Redis: commands/s | memory | servers |\n|---|---|---|---|---|\n")
	for _, l := range loads() {
		servers, commands := c.StateRedises(l)
		fmt.Fprintf(&text, "| %d, %v | %.0f | %.0f | %.0f MB | %.0f |\n", l.Jobs, l.Period, l.Rate(), commands,
			float64(l.Jobs)*(c.StateBytes+c.RosterBytes)/1e6, servers)
	}
	text.WriteString("\n| jobs, period | way | sender, cores | functions, cores | instances | objects | API writes a job | API reads/s | all tick after | keeps up | ¢ a job a day |\n" +
		"|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, l := range loads() {
		for _, w := range scale.Ways() {
			e := c.On(w, l)
			fmt.Fprintf(&text, "| %d, %v | %s | %.2f | %.1f | %.0f | %d | %.0f | %.0f | %s | %s | %s |\n", l.Jobs, l.Period, w,
				e.SenderCores, e.FunctionCores, e.Instances, e.Objects, e.Writes, e.Reads, none(e.AllReady), yes(e.Keeps), cost(e))
		}
	}
	text.WriteString("\n| jobs, period | way | sampled after the instant: median | p99 | instants lost |\n|---|---|---|---|---|\n")
	for _, l := range loads() {
		for _, w := range []scale.Way{scale.PerJob, scale.Metronome} {
			o := c.Simulate(w, l, 1)
			if o.Lost == 1 {
				o.Median, o.P99 = 0, 0
			}
			fmt.Fprintf(&text, "| %d, %v | %s | %s | %s | %.0f %% |\n", l.Jobs, l.Period, w, none(o.Median), none(o.P99), 100*o.Lost)
		}
	}
	return text.String()
}

// none returns a duration, "" for none.
func none(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// cost returns the price of a job a day in cents, "" if the way does not keep up.
func cost(e scale.Estimate) string {
	if !e.Keeps {
		return ""
	}
	return fmt.Sprintf("%.4f", 100*e.JobDay)
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "**no**"
}

// The tables of the document are what the model and the simulation say.
func TestDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), begin)
	shown, after, found := strings.Cut(rest, end)
	if !found {
		t.Fatal("the document has no tables")
	}
	want := tables()
	if os.Getenv("SCALE_WRITE") != "" {
		if err := os.WriteFile(document, []byte(before+begin+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("run SCALE_WRITE=1 go test ./tests/scale (-want +shown):\n%s", diff)
	}
}

// The worked example of Costs.On.
func TestWorked(t *testing.T) {
	t.Parallel()
	got := scale.Measured.On(scale.PerJob, scale.Load{Jobs: 1000, Period: 2 * time.Second})
	if fmt.Sprintf("%.3f %.3f %v", got.SenderCores, got.FunctionCores, got.AllReady) != "0.175 0.150 48s" {
		t.Errorf("%+v", got)
	}
}

// The simulation agrees with the paper on who keeps up, whatever the seed, and says the
// same for the same seed.
func TestSimulationAgrees(t *testing.T) {
	t.Parallel()
	for _, l := range loads()[:5] {
		for _, w := range []scale.Way{scale.PerJob, scale.Metronome} {
			lost := 0.0
			for seed := range uint64(5) {
				lost = max(lost, scale.Measured.Simulate(w, l, seed).Lost)
			}
			if keeps := scale.Measured.On(w, l).Keeps; keeps != (lost == 0) {
				t.Errorf("%s, %d jobs, %v: %.2f lost, the paper says it keeps up: %t", w, l.Jobs, l.Period, lost, keeps)
			}
		}
	}
	l := loads()[0]
	if first, again := scale.Measured.Simulate(scale.PerJob, l, 3), scale.Measured.Simulate(scale.PerJob, l, 3); first != again {
		t.Errorf("the same seed: %+v, then %+v", first, again)
	}
}

// More cores never make ticks later, and less work neither.
func TestSimulationIsMonotone(t *testing.T) {
	t.Parallel()
	l := scale.Load{Jobs: 10_000, Period: 2 * time.Second}
	slow := scale.Measured
	slow.Adapter *= 3
	if o := slow.Simulate(scale.PerJob, l, 1); o.Lost == 0 {
		t.Errorf("an adapter at 1.3 times its cores loses nothing: %+v", o)
	}
	busy := scale.Measured
	busy.Hand *= 20
	if fast, late := scale.Measured.Simulate(scale.Metronome, l, 1), busy.Simulate(scale.Metronome, l, 1); late.P99 <= fast.P99 {
		t.Errorf("a slower metronome is not later: %v, %v", late, fast)
	}
}
