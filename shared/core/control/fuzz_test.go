package control_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"kubejobs/shared/core/control"
	"kubejobs/shared/core/forecast"
)

// FuzzDecide drives a policy with arbitrary points, each from 7 bytes.
func FuzzDecide(f *testing.F) {
	f.Add(int64(1), int64(20), .9, false, int64(600_000), int64(600_000), []byte("0123456789012345678901234567890123456789012345678901234567890123456789"))
	f.Add(int64(-5), int64(math.MaxInt64), math.NaN(), true, int64(math.MinInt64), int64(math.MaxInt64), make([]byte, 500))
	f.Fuzz(func(t *testing.T, least, most int64, confidence float64, graceful bool, deadline, hold int64, text []byte) {
		p := control.Policy{Min: least, Max: most, Confidence: confidence, Graceful: graceful, Hold: time.Duration(hold)}
		var course forecast.Course
		var memory control.Memory
		text = text[:min(len(text), 700)]
		for at := int64(0); len(text) >= 7; text = text[7:] {
			at += int64(int8(text[0])) << (text[1] % 50)
			point := forecast.Point{
				At: at, Items: 1 + int64(text[2])<<(text[1]%50), Working: int64(int8(text[3])) << (text[1] % 20),
				Asked: int64(int8(text[4])) << (text[1] % 40), Held: text[6]&1 == 1,
			}
			point.Done = float64(point.Items) * float64(text[5]) / 255
			if text[6]&2 == 0 {
				course = course.Fold(point)
			}
			model := course.Model()
			if text[6]&4 != 0 {
				model = nil
			}
			before := stored(memory)
			var d control.Decision
			memory, d = p.Decide(memory, point, model, time.UnixMilli(deadline))
			check(t, p, memory, d)
			if _, again := p.Decide(before, point, model, time.UnixMilli(deadline)); again != d {
				t.Fatalf("%+v, from JSON %+v", d, again)
			}
		}
	})
}

// check checks what holds for any decision.
func check(t *testing.T, p control.Policy, m control.Memory, d control.Decision) {
	t.Helper()
	least, most := max(p.Min, 1), max(p.Max, p.Min, 1)
	if !d.Held && (d.Replicas < least || d.Replicas > most) || d.Replicas < 1 {
		t.Fatalf("%+v is outside [%d, %d]", d, least, most)
	}
	if !(d.Probability >= 0 && d.Probability <= 1) || d.Reason == "" || len(d.Reason) > 200 {
		t.Fatalf("%+v", d)
	}
	text, err := json.Marshal(m)
	if err != nil || len(text) > 1024 {
		t.Fatalf("the memory is %d bytes: %v\n%s", len(text), err, text)
	}
}
