package forecast_test

import (
	"math"
	"math/rand/v2"
	"sort"
	"testing"
	"time"

	"kubejobs/shared/core/forecast"
)

func TestModelOfASteadyJob(t *testing.T) {
	t.Parallel()
	c := folded(steady(1000, 10, 100, 2*time.Second)) // 198 s: 490 items done
	m := model(again(t, c))
	now := time.UnixMilli(c.Last.At)
	finish := m.Finish(forecast.Fleet{Replicas: 10}, .1, .5, .9)
	if ahead := finish[1].Sub(now); ahead < 195*time.Second || ahead > 215*time.Second {
		t.Errorf("p50 in %v, want about 204 s", ahead)
	}
	if !finish[0].Before(finish[1]) || !finish[1].Before(finish[2]) {
		t.Errorf("finish %v", finish)
	}
	rates := m.Rates()
	if math.Abs(rates.Replica-.25) > .01 || math.Abs(rates.Now-2.5) > .1 || math.Abs(rates.Mean-2.5) > .1 {
		t.Errorf("rates %+v, want 0.25, 2.5 and 2.5", rates)
	}
	if twice := m.Finish(forecast.Fleet{Replicas: 20}, .5)[0].Sub(now); twice < 100*time.Second || twice > 125*time.Second {
		t.Errorf("p50 in %v with 20 replicas, want about 110 s", twice)
	}
	half := forecast.Fleet{Replicas: 5}
	drained := m.Finish(half, .5)[0]
	half.Kills = true
	if killed := m.Finish(half, .5)[0]; !killed.After(drained) {
		t.Errorf("p50 %v with killed replicas, %v without", killed, drained)
	}
}

func TestModelNeedsData(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		points []forecast.Point
		want   bool
	}{
		"nothing":        {nil, false},
		"two points":     {[]forecast.Point{{At: 0, Items: 9, Working: 1}, {At: 9000, Items: 9, Working: 1, Done: 4}}, false},
		"two items":      {steady(9, 1, 5, 2*time.Second), false}, // 8 s
		"nothing worked": {[]forecast.Point{{At: 0, Items: 9}, {At: 9000, Items: 9, Done: 4}, {At: 10_000, Items: 9, Done: 6}}, false},
		"three items":    {steady(9, 1, 7, 2*time.Second), true}, // 12 s
	}
	for name, c := range cases {
		if got := model(folded(c.points)) != nil; got != c.want {
			t.Errorf("%s: model %v, want %v", name, got, c.want)
		}
	}
}

func TestFinishAtTheEdges(t *testing.T) {
	t.Parallel()
	done := folded(steady(40, 10, 20, 2*time.Second))
	if got := done.Model().Finish(forecast.Fleet{}, .1, .9); !got[0].Equal(time.UnixMilli(done.Last.At)) || !got[1].Equal(got[0]) {
		t.Errorf("nothing left: %v, want the last point", got)
	}
	if got := done.Model().Within(0, forecast.Fleet{}); got != 1 {
		t.Errorf("nothing left: P %v", got)
	}
	m := model(folded(steady(1<<53, 10, 20, 2*time.Second)))
	if got := m.Finish(forecast.Fleet{Replicas: 1}, .1, .9); !got[0].IsZero() || !got[1].IsZero() {
		t.Errorf("ages ahead: %v", got)
	}
	if got := m.Finish(forecast.Fleet{}, .5); !got[0].IsZero() {
		t.Errorf("no replicas: %v", got)
	}
	if got := m.Within(time.Hour, forecast.Fleet{}); got != 0 {
		t.Errorf("no replicas: P %v", got)
	}
}

// TestTurn: items take three times as long from half-way on.
func TestTurn(t *testing.T) {
	t.Parallel()
	points := steady(2000, 10, 200, 2*time.Second) // 400 s
	for i := range points[100:] {
		points[100+i].Done = points[100].Done + math.Floor(float64(i)/6)*10
	}
	m := model(folded(points))
	if got := m.Rates().Replica; math.Abs(got-1./12) > .01 {
		t.Errorf("rate %v, want 1/12", got)
	}
	if got := m.Rates().Mean; got < 1.4 {
		t.Errorf("mean rate %v, want 1.7", got)
	}
}

// TestNeeded compares with trying each number.
func TestNeeded(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	heavy := scenario{item: pareto(1.7), least: 400, most: 400}.simulate(r)
	var course forecast.Course
	for at := 0.; at <= heavy.stay[200]; at += 2 {
		course = course.Fold(forecast.Point{
			At: int64(1000 * at), Items: 400, Done: float64(sort.SearchFloat64s(heavy.stay, at)), Working: heavy.before,
		})
	}
	models := map[string]*forecast.Model{
		"steady": model(folded(steady(1000, 10, 100, 2*time.Second))),
		"heavy":  course.Model(),
	}
	for name, m := range models {
		for d := 10 * time.Second; d < 500*time.Second; d += 7 * time.Second {
			for _, confidence := range []float64{.5, .8, .9, .97} {
				kills := d%2 == 0
				want := forecast.Need{}
				for r := int64(2); r <= 90 && !want.Met; r++ {
					p := m.Within(d, forecast.Fleet{Replicas: r, Kills: kills})
					if want.Met = p >= confidence; want.Met || p > want.Probability {
						want.Replicas, want.Probability = r, p
					}
				}
				got := m.Needed(d, confidence, 2, 90, kills)
				if got.Met != want.Met || got.Met && got != want || math.Abs(got.Probability-want.Probability) > .01 {
					t.Errorf("%s within %v with %v: got %+v, want %+v", name, d, confidence, got, want)
				}
			}
		}
	}
}

// TestQuantilesAgree: the probability of being done at a quantile is that quantile.
func TestQuantilesAgree(t *testing.T) {
	t.Parallel()
	c := folded(steady(1000, 10, 100, 2*time.Second))
	m := c.Model()
	for _, r := range []int64{1, 9, 10, 11, 15, 40, 1000} {
		f := forecast.Fleet{Replicas: r}
		for _, q := range []float64{.01, .1, .5, .9, .99} {
			d := m.Finish(f, q)[0].Sub(time.UnixMilli(c.Last.At))
			if p := m.Within(d, f); math.Abs(p-q) > .005 {
				t.Errorf("%d replicas: P %v at quantile %v", r, p, q)
			}
		}
	}
}
