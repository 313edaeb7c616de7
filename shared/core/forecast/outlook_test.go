package forecast_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/sample"
)

// even returns the course of a job of so many items of which 4 replicas complete one a
// second, until done.
func even(items, done int64) forecast.Course {
	var c forecast.Course
	for i := range done + 1 {
		c = c.Fold(forecast.Point{
			At: begin.UnixMilli() + 1000*i, Items: items, Done: float64(i), Working: 4,
		})
	}
	return c
}

func ask(deadline time.Duration) forecast.Question {
	return forecast.Question{
		Deadline: begin.Add(deadline), Fleet: forecast.Fleet{Replicas: 4}, Confidence: .9, Least: 1, Most: 100,
	}
}

func TestOutlook(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		items, done int64
		question    forecast.Question
		known, met  bool
		low, high   float64 // bounds of Miss
	}{
		"there is time":                {100, 50, ask(1000 * time.Second), true, true, 0, .01},
		"replicas are lacking":         {100, 50, ask(90 * time.Second), true, true, .9, 1},
		"no number is enough":          {100, 50, ask(51 * time.Second), true, false, .99, 1},
		"the deadline has passed":      {100, 50, ask(40 * time.Second), true, false, 1, 1},
		"too few items":                {100, 2, ask(time.Second), false, false, 0, 0},
		"no point":                     {100, -1, ask(time.Second), false, false, 0, 0},
		"done in time":                 {50, 50, ask(50 * time.Second), true, true, 0, 0},
		"done late":                    {50, 50, ask(49 * time.Second), true, false, 1, 1},
		"done before there was a rate": {1, 1, ask(5 * time.Second), true, true, 0, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := even(tt.items, tt.done)
			o := forecast.NewOutlook(&c, c.Model(), tt.question)
			if o.Known != tt.known || o.Need.Met != tt.met || o.Miss < tt.low || o.Miss > tt.high {
				t.Errorf("%+v, want it known: %t, met: %t, missed with %v to %v", o, tt.known, tt.met, tt.low, tt.high)
			}
			for _, at := range []time.Time{o.P10, o.P50, o.P90} {
				if at.IsZero() == tt.known || tt.known && at.Before(o.At) {
					t.Errorf("finish %v, %v, %v after %v", o.P10, o.P50, o.P90, o.At)
				}
			}
			if want := tt.known && tt.high > .5; tt.known && c.Prospect(c.Model(), tt.question).AtRisk() != want {
				t.Errorf("at risk: %t, want %t", !want, want)
			}
		})
	}
}

// Without enough data, only a deadline that has passed is a risk.
func TestAtRiskWithoutAForecast(t *testing.T) {
	t.Parallel()
	c := even(100, 2)
	for deadline, want := range map[time.Duration]bool{time.Second: true, 2 * time.Second: false, time.Hour: false} {
		if got := c.Prospect(c.Model(), ask(deadline)).AtRisk(); got != want {
			t.Errorf("deadline after %v: at risk %t, want %t", deadline, got, want)
		}
	}
}

// The quantiles rise and agree with the probability of missing the deadline, which moves
// nothing else but what is needed.
func TestOutlookAgreesWithItself(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.Int64Range(5, 200).Draw(t, "items")
		c := even(items, rapid.Int64Range(4, items).Draw(t, "done"))
		q := ask(time.Duration(rapid.Int64Range(0, 400).Draw(t, "deadline")) * time.Second)
		q.Fleet.Replicas = rapid.Int64Range(1, 20).Draw(t, "replicas")
		m := c.Model()
		o := forecast.NewOutlook(&c, m, q)
		if o.P10.Before(o.At) || o.P50.Before(o.P10) || o.P90.Before(o.P50) {
			t.Fatalf("quantiles %v, %v, %v after %v", o.P10, o.P50, o.P90, o.At)
		}
		const slack = .02 // of the quantiles' precision
		for p, at := range map[float64]time.Time{.1: o.P10, .5: o.P50, .9: o.P90} {
			if q.Deadline.Before(at) && o.Miss < 1-p-slack || q.Deadline.After(at) && o.Miss > 1-p+slack {
				t.Fatalf("deadline %v, quantile %v is %v, missed with %v", q.Deadline, p, at, o.Miss)
			}
		}
		q.Deadline = q.Deadline.Add(time.Hour)
		later := forecast.NewOutlook(&c, m, q)
		if later.P10 != o.P10 || later.P50 != o.P50 || later.P90 != o.P90 || later.Rates != o.Rates || later.Miss > o.Miss {
			t.Fatalf("with a later deadline %+v, before %+v", later, o)
		}
	})
}

func TestNewPoint(t *testing.T) {
	t.Parallel()
	x := sample.Sample{At: 7, Job: 41.0 / 49, Replicas: 3}
	want := forecast.Point{At: 7, Items: 49, Done: 41, Working: 2, Asked: 5, Held: true}
	if diff := cmp.Diff(want, forecast.NewPoint(x, 49, 2, 5, true)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for items := int64(1); items < 300; items++ { // a share of whole items is whole again
		for done := range items + 1 {
			if p := forecast.NewPoint(sample.Sample{Job: float64(done) / float64(items)}, items, -1, -1, false); p.Done != float64(done) || p.Working != 0 || p.Asked != 0 {
				t.Fatalf("%d of %d: %+v", done, items, p)
			}
		}
	}
	if p := forecast.NewPoint(sample.Sample{Job: .123}, 10, 1, 0, false); math.Abs(p.Done-1.23) > 1e-9 {
		t.Errorf("a share of no whole number of items gives %v, want 1.23", p.Done)
	}
}

func TestFleetOf(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ working, asked, before, want int64 }{
		"those that work":         {4, 0, 9, 4},
		"more are asked for":      {4, 6, 9, 6},
		"they end one by one":     {4, 2, 9, 4},
		"none: those before":      {0, 0, 9, 9},
		"none was seen":           {0, 0, 0, 0},
		"none yet, some asked":    {0, 5, 0, 5},
		"none, fewer than before": {0, 5, 9, 5},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := forecast.FleetOf(forecast.Point{Working: tt.working, Asked: tt.asked}, tt.before); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestMeanRate(t *testing.T) {
	t.Parallel()
	fold := func(points ...forecast.Point) (c forecast.Course) {
		for _, p := range points {
			p.Items = 100
			c = c.Fold(p)
		}
		return c
	}
	tests := map[string]struct {
		course forecast.Course
		want   float64
	}{
		"the worked example": {fold(forecast.Point{At: 1, Done: 20}, forecast.Point{At: 20_001, Done: 60}), 2},
		"no point":           {forecast.Course{}, 0},
		"one point":          {fold(forecast.Point{At: 1, Done: 20}), 0},
		"nothing done":       {fold(forecast.Point{At: 1, Done: 20}, forecast.Point{At: 9, Done: 20}), 0},
		"progress fell":      {fold(forecast.Point{At: 1, Done: 20}, forecast.Point{At: 9, Done: 10}), 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.course.MeanRate(); math.Abs(got-tt.want) > 1e-9 {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
