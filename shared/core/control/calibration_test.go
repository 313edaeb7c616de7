package control_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// bound is what the policy must reach in a world: shares of missed deadlines, the
// replica-seconds as a multiple of the oracle's, and the rest as in figures; 0 if it
// is not asked.
type bound struct {
	name                                         string
	world                                        world
	missed, worst, calm, seconds, above, changes float64
}

var bounds = []bound{
	{"killing", world{size: 1}, .01, .02, .001, 1.12, .30, 4},
	{"graceful", world{size: 1, graceful: true}, .006, 0, 0, 1.03, 0, 0},
	{"killing, 5 times the replicas and items", world{size: 5}, .01, 0, 0, 0, 0, 0},
	{"graceful, 5 times", world{size: 5, graceful: true}, .01, 0, 0, 0, 0, 0},
	{"killing, a quarter of the replicas and items", world{size: .25}, .01, 0, 0, 0, 0, 0},
	{"graceful, a quarter", world{size: .25, graceful: true}, .01, 0, 0, 0, 0, 0},
}

// TestReaches is the calibration in short: smaller jobs, and bounds that allow for their
// number.
func TestReaches(t *testing.T) {
	t.Parallel()
	const jobs = 12 // a scenario
	policies := []contender{ours("this", .9), stepwise(1, .05, 5)}
	killing := measure(policies, jobs, world{size: .5})
	few := bound{"killing", world{}, .011, .09, .001, 1.12, .30, 2.5}
	few.check(t, killing[0])
	if above := killing[0].pooled.above; above < .24 {
		t.Errorf("above: %v, less than what makes up for what is not known", above)
	}
	if missed := killing[1].pooled.missed; missed < .4 {
		t.Errorf("the original's default misses %v: the simulation is too kind", missed)
	}
	few = bound{"graceful", world{}, .011, .09, .001, 1.03, .28, 0}
	few.check(t, measure(policies[:1], jobs, world{size: .5, graceful: true})[0])
}

// TestLongCalibration writes CALIBRATION.md if the environment says how many jobs of each
// scenario to simulate.
func TestLongCalibration(t *testing.T) {
	jobs, err := strconv.Atoi(os.Getenv("CALIBRATE_JOBS"))
	if err != nil || jobs <= 0 {
		t.Skip("takes minutes: make calibration")
	}
	var text, details strings.Builder
	fmt.Fprintf(&text, head, jobs)
	byPolicy(&text, measure(append(rivals(), ours("**this, 0.9**", .9), ours("this, 0.8", .8)), jobs, world{size: 1}))
	fmt.Fprint(&text, reachedHead)
	for _, b := range bounds {
		r := measure([]contender{ours(b.name, .9)}, jobs, b.world)[0]
		b.row(&text, r)
		byScenario(&details, r)
		b.check(t, r)
	}
	fmt.Fprint(&text, details.String(), lastNote)
	byScenario(&text, measure([]contender{ours("killing, taken last", .9)}, jobs, world{size: 1, last: true})[0])
	if err := os.WriteFile("CALIBRATION.md", []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// rivals returns the policies to compare with, each with its best settings.
func rivals() []contender {
	const search = 20 // jobs a scenario
	var steps, pids, told []contender
	for _, size := range []int{1, 3} {
		for _, trigger := range []float64{.01, .05} {
			for _, every := range []int{1, 5} {
				steps = append(steps, stepwise(size, trigger, every))
			}
		}
	}
	for _, p := range []float64{1, 2, 5, 10, 20, 40, 80, 160} {
		for _, i := range []float64{0, .05, .2, 1} {
			for _, d := range []float64{0, 10, 50, 100, 300, 1000} {
				pids = append(pids, pid(gains{p, i, d}, 1, 1))
				told = append(told, pid(gains{p, i, d}, 1, .6))
			}
		}
	}
	return []contender{
		best(steps, search), best(pids, search), best(told, search),
		queueLength(5), queueLength(20), queueLength(50), always(),
	}
}

// best returns the policy that misses fewest deadlines; the cheaper one of two.
func best(policies []contender, n int) contender {
	least := 0
	rs := measure(policies, n, world{size: 1})
	for i, r := range rs {
		if a, b := r.pooled, rs[least].pooled; a.missed < b.missed || a.missed == b.missed && a.seconds < b.seconds {
			least = i
		}
	}
	return policies[least]
}
