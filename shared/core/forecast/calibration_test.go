package forecast_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
)

type testingT = testing.TB

// calibrate follows a number of jobs of a scenario.
func calibrate(t testing.TB, s scenario, seed uint64, jobs int) *tally {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 12))
	var y tally
	for range jobs {
		y.follow(t, s.simulate(r), r)
	}
	return &y
}

func TestLongCalibration(t *testing.T) {
	jobs, _ := strconv.Atoi(os.Getenv("CALIBRATE_JOBS"))
	if jobs == 0 {
		t.Skip()
	}
	all := scenarios()
	tallies := make([]*tally, len(all))
	var wg sync.WaitGroup
	limit := make(chan struct{}, 2)
	for i, s := range all {
		wg.Add(1)
		go func() {
			defer wg.Done()
			limit <- struct{}{}
			tallies[i] = calibrate(t, s, uint64(i), jobs)
			<-limit
		}()
	}
	wg.Wait()
	var pool tally
	cover, gap, med, log := "", "", "", 0.
	for i, s := range all {
		y := tallies[i]
		if os.Getenv("LINE") == "" {
			t.Logf("%-40s n %5.0f cover %.1f early %.1f late %.1f  median %.1f  gap %.3f none %.0f log %.4f", s.name, y.checks, 100*y.covered/y.checks, 100*y.early/y.checks, 100*(1-(y.covered+y.early)/y.checks), 100*y.median(), y.gap(), y.none, y.log/y.checks)
		}
		if !s.outside {
			pool.add(y)
			cover += fmt.Sprintf("%.1f ", 100*y.covered/y.checks)
			gap += fmt.Sprintf("%.3f ", y.gap())
			med += fmt.Sprintf("%.1f ", 100*y.median())
			log += y.log / y.checks / 8
		}
	}
	worst := 0.
	for _, b := range pool.bins {
		worst = max(worst, math.Abs(b.said-b.missed)/b.n)
		if os.Getenv("LINE") == "" {
			t.Logf("%.0f said %.3f missed %.3f gap %+.3f", b.n, b.said/b.n, b.missed/b.n, (b.said-b.missed)/b.n)
		}
	}
	t.Logf("%s| %s| %s| %.4f %.3f", cover, gap, med, log, worst)
}
