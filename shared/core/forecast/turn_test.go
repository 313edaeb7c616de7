package forecast

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTurnOfRandomJobs: ten replicas are slower from 200 s on. 120 s later the forecast
// knows it, on average over jobs.
func TestTurnOfRandomJobs(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ slower, least, most float64 }{
		"as fast":     {1, .9, 1.15},
		"half":        {2, 1.6, 2.1},
		"a third":     {3, 2, 3.1},
		"twice":       {.5, .45, .7},
		"three times": {1. / 3, .3, .45},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(3, 3))
			var means []float64
			for range 60 {
				means = append(means, slowed(r, c.slower).Model().means()/4)
			}
			slices.Sort(means)
			if got := means[30]; got < c.least || got > c.most {
				t.Errorf("items take %.2f times as long, want %v to %v", got, c.least, c.most)
			}
		})
	}
}

func (m *Model) means() float64 { return 1 / m.rates.Replica }

// slowed returns the course of a job of exponential items, 4 s each and later slower.
func slowed(r *rand.Rand, slower float64) *Course {
	var c Course
	var done []float64
	for range 10 {
		for at := 0.; at < 320; {
			took := 4 * r.ExpFloat64()
			if at > 200 {
				took *= slower
			}
			at += took
			done = append(done, at)
		}
	}
	slices.Sort(done)
	for at := 0.; at <= 320; at += 2 {
		n, _ := slices.BinarySearch(done, math.Nextafter(at, math.Inf(1)))
		c.Add(Point{At: int64(1000 * at), Items: 4000, Done: float64(n), Working: 10})
	}
	return &c
}
