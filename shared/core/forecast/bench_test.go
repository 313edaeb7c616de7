package forecast_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"kubejobs/shared/core/forecast"
)

// course returns the course of 964 ticks of a job of which about half is left.
func course(b *testing.B) forecast.Course {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	points := steady(10_000, 10, 964, 2*time.Second)
	done := 0.
	for i := range points {
		points[i].Done = done
		points[i].At += r.Int64N(100)
		done += float64(r.Int64N(11))
	}
	return folded(points)
}

func BenchmarkForecast(b *testing.B) {
	c := course(b)
	fleet := forecast.Fleet{Replicas: 10}
	b.ReportAllocs()
	for b.Loop() {
		m := c.Model()
		m.Finish(fleet, .1, .5, .9)
		m.Within(1900*time.Second, fleet)
	}
}

// BenchmarkAtRisk is what each tick needs.
func BenchmarkAtRisk(b *testing.B) {
	c := course(b)
	q := forecast.Ask(c.Last, 10, time.UnixMilli(c.Last.At).Add(1900*time.Second), .9)
	b.ReportAllocs()
	for b.Loop() {
		c.Prospect(c.Model(), q).AtRisk()
	}
}

func BenchmarkNeeded(b *testing.B) {
	c := course(b)
	m := c.Model()
	b.ReportAllocs()
	for b.Loop() {
		m.Needed(1900*time.Second, .9, 1, 1000, true)
	}
}

func BenchmarkFold(b *testing.B) {
	c := course(b)
	p := c.Last
	p.At += 2000
	b.ReportAllocs()
	for b.Loop() {
		c.Fold(p)
	}
}

func BenchmarkAppendText(b *testing.B) {
	c := course(b)
	var text []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if text, err = c.AppendText(text[:0]); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(text)))
	}
}

func BenchmarkParseCourse(b *testing.B) {
	c := course(b)
	text, err := c.MarshalText()
	if err != nil {
		b.Fatal(err)
	}
	room := make([]byte, 0, 4<<10)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := forecast.ParseCourse(string(text), room); err != nil {
			b.Fatal(err)
		}
	}
}

// TestForecastAllocates at most twice: the model and the answer.
func TestForecastAllocates(t *testing.T) {
	c := folded(steady(1000, 10, 100, 2*time.Second))
	fleet := forecast.Fleet{Replicas: 10}
	got := testing.AllocsPerRun(10, func() {
		m := c.Model()
		m.Finish(fleet, .1, .5, .9)
		m.Within(time.Minute, fleet)
	})
	if got > 2 {
		t.Errorf("%v allocations, want at most 2", got)
	}
}
