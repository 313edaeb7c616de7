package forecast_test

import (
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// limits are what the forecast must reach.
type limits struct {
	least, most float64 // share of checks whose truth is in p10–p90
	median      float64 // added to a scenario's limit on the median error of p50
	tenth, gap  float64 // between what was said of a miss and what happened
}

// mustReach holds for a thousand jobs of each scenario. fewReach leaves room for the
// chance in a sample of fewJobs.
var (
	mustReach = limits{least: .74, most: .91, tenth: .05, gap: .1}
	fewReach  = limits{least: .7, most: .94, median: .01, tenth: .08, gap: .13}
)

const fewJobs = 100

// calibrate follows jobs of each scenario, scenarios in parallel, and then hands over
// the tallies.
func calibrate(t *testing.T, all []scenario, jobs int, then func([]*tally)) {
	t.Helper()
	tallies := make([]*tally, len(all))
	t.Run("scenario", func(t *testing.T) {
		for i, s := range all {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(uint64(100+i), 12))
				tallies[i] = &tally{}
				for range jobs {
					tallies[i].follow(t, s.simulate(r), r)
				}
			})
		}
	})
	then(tallies)
}

// TestCalibration fails if the method is broken.
func TestCalibration(t *testing.T) {
	t.Parallel()
	var all []scenario
	for _, s := range scenarios() {
		if !s.outside {
			all = append(all, s)
		}
	}
	calibrate(t, all, fewJobs, func(tallies []*tally) { fewReach.hold(t, all, tallies) })
}

// TestLongCalibration writes CALIBRATION.md; `make calibration` runs it.
func TestLongCalibration(t *testing.T) {
	jobs, err := strconv.Atoi(os.Getenv("CALIBRATE_JOBS"))
	if err != nil {
		t.Skip("CALIBRATE_JOBS is not set")
	}
	all := scenarios()
	calibrate(t, all, jobs, func(tallies []*tally) {
		mustReach.hold(t, all, tallies)
		if err := os.WriteFile("CALIBRATION.md", []byte(report(jobs, all, tallies)), 0o600); err != nil {
			t.Error(err)
		}
	})
}

// hold checks the limits.
func (l limits) hold(t *testing.T, all []scenario, tallies []*tally) {
	t.Helper()
	var pool tally
	for i, s := range all {
		y := tallies[i]
		if s.outside {
			continue
		}
		pool.add(y)
		if share := y.covered / y.checks; share < l.least || share > l.most {
			t.Errorf("%s: %.3f of the checks in p10–p90, want %v to %v", s.name, share, l.least, l.most)
		}
		if median := y.median(); s.medianAtMost > 0 && median > s.medianAtMost+l.median {
			t.Errorf("%s: median error of p50 %.3f, want at most %v", s.name, median, s.medianAtMost+l.median)
		}
		if gap := y.gap(); gap > l.gap {
			t.Errorf("%s: gap of P(miss) %.3f, want at most %v", s.name, gap, l.gap)
		}
	}
	for i, b := range pool.bins {
		if gap := math.Abs(b.said-b.missed) / max(b.n, 1); gap > l.tenth {
			t.Errorf("P(miss) from %d %%: gap %.3f, want at most %v", 10*i, gap, l.tenth)
		}
	}
}
