package forecast_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"kubejobs/shared/core/forecast"
)

// steady returns the points of a job whose replicas complete one item each in 4 s.
func steady(items, replicas int64, n int, period time.Duration) []forecast.Point {
	points := make([]forecast.Point, n)
	for i := range points {
		at := time.Duration(i) * period
		points[i] = forecast.Point{
			At: begin.Add(at).UnixMilli(), Items: items, Working: replicas, Asked: replicas,
			Done: math.Min(math.Floor(at.Seconds()/4)*float64(replicas), float64(items)),
		}
	}
	return points
}

func folded(points []forecast.Point) forecast.Course {
	var c forecast.Course
	for _, p := range points {
		c = c.Fold(p)
	}
	return c
}

func model(c forecast.Course) *forecast.Model { return c.Model() }

// again returns the course after a way through its text.
func again(tb testing.TB, c forecast.Course) forecast.Course {
	tb.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		tb.Fatal(err)
	}
	if len(text) > 2048 {
		tb.Errorf("%d bytes of JSON", len(text))
	}
	var back forecast.Course
	if err := json.Unmarshal(text, &back); err != nil {
		tb.Fatalf("%v: %s", err, text)
	}
	return back
}

func TestFoldLeavesTheOldCourse(t *testing.T) {
	t.Parallel()
	var c forecast.Course
	for i, p := range steady(10_000, 10, 600, 2*time.Second) {
		before := c
		next := c.Fold(p)
		if c != before {
			t.Fatalf("point %d changed the old course", i)
		}
		if again := c.Fold(p); again != next {
			t.Fatalf("point %d: not the same twice", i)
		}
		c = next
	}
}

func TestTextKeepsTheCourse(t *testing.T) {
	t.Parallel()
	var c forecast.Course
	for i, p := range steady(1<<53, 3000, 3000, 1700*time.Millisecond) {
		p.Working -= int64(i % 7)
		p.Done += float64(i%5) / 4
		c = c.Fold(p)
		if i%10 == 0 {
			if back := again(t, c); back != c {
				t.Fatalf("point %d: got %+v, want %+v", i, back, c)
			}
		}
	}
}
