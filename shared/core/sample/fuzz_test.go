package sample_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"kubejobs/shared/core/sample"
)

// A text that is read is written in one spelling, which is read as the same sample.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"1795500382418,0.5,0.1,0.4,3", "1,NaN,0,0,0", "-1,-0,1e308,-1e-320,-9", "+1,0x1p-2,1_0,Inf,1", ",,,,", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := sample.Parse(text)
		if err != nil {
			if s != (sample.Sample{}) {
				t.Errorf("Parse(%q) = %+v beside an error", text, s)
			}
			return
		}
		again, err := sample.Parse(s.String())
		if err != nil || again != s {
			t.Fatalf("Parse(%q) = %+v, and again %+v, %v", text, s, again, err)
		}
		for _, number := range []float64{s.Job, s.Time, s.Error} {
			if math.IsNaN(number) || math.IsInf(number, 0) {
				t.Errorf("Parse(%q) = %+v", text, s)
			}
		}
	})
}

// An element of the Controller's list is JSON, holds the number that was measured, and
// has no name that Python's literals lack.
func FuzzEncode(f *testing.F) {
	f.Add("kj-1", int64(1795500382418), -0.25)
	f.Add("a", int64(0), math.Inf(1))
	f.Add("a", int64(-1<<63), 5e-324)
	f.Add("a", int64(1<<63-1), -math.MaxFloat64)
	f.Fuzz(func(t *testing.T, id string, at int64, value float64) {
		if strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return // no DNS label
		}
		element, err := sample.Encode(id, sample.Sample{At: at, Error: value})
		if bad := math.IsNaN(value) || math.IsInf(value, 0); bad || err != nil {
			if !bad || err == nil || element != (sample.Element{}) {
				t.Errorf("Encode of %v = %+v, %v", value, element, err)
			}
			return
		}
		var got struct {
			Name       string
			Value      float64
			Timestamp  int64
			Dimensions map[string]string
		}
		text := element.At(at)
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got.Name != sample.NameError || got.Value != value || got.Timestamp != at ||
			got.Dimensions["application_id"] != id || got.Dimensions["service"] != sample.Service {
			t.Errorf("%s reads as %+v", text, got)
		}
		for _, name := range []string{":true", ":false", ":null", ":N", ":I"} {
			if strings.Contains(text, name) {
				t.Errorf("%s is no literal of Python", text)
			}
		}
	})
}
