package sample_test

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kubejobs/shared/core/sample"
)

func TestEncode(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		sample sample.Sample
		want   string
	}{
		"late": {
			sample: sample.Sample{At: 1795500382418, Error: -0.03333333333333333},
			want:   `{"name":"application_progress_error","value":-0.03333333333333333,"timestamp":1795500382418,"dimensions":{"application_id":"kj-raw","service":"kubejobs"}}`,
		},
		"honest zero": {
			sample: sample.Sample{At: 1},
			want:   `{"name":"application_progress_error","value":0,"timestamp":1,"dimensions":{"application_id":"kj-raw","service":"kubejobs"}}`,
		},
		"exponent": {
			sample: sample.Sample{At: 1, Error: -2e-09},
			want:   `{"name":"application_progress_error","value":-2e-09,"timestamp":1,"dimensions":{"application_id":"kj-raw","service":"kubejobs"}}`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := sample.Encode("kj-raw", tt.sample)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.At(tt.sample.At)); diff != "" {
				t.Errorf("element (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEncodeRefusesWhatPythonCannotRead(t *testing.T) {
	t.Parallel()
	for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got, err := sample.Encode("a", sample.Sample{Error: value}); err == nil {
			t.Errorf("Encode of error %v = %q, want an error", value, got.At(0))
		}
	}
}

func TestElementIsJSONWithTheSameValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := sample.Sample{
			At:    rapid.Int64Range(0, 1<<52).Draw(t, "at"),
			Error: rapid.Float64Range(-1e12, 1).Draw(t, "error"),
		}
		element, err := sample.Encode("kj-1", s)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Value     float64 `json:"value"`
			Timestamp int64   `json:"timestamp"`
		}
		if err := json.Unmarshal([]byte(element.At(s.At)), &got); err != nil {
			t.Fatal(err)
		}
		if got.Value != s.Error || got.Timestamp != s.At {
			t.Fatalf("read back %+v, want %v at %d", got, s.Error, s.At)
		}
	})
}

func TestStringParseRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := sample.Sample{
			At:       rapid.Int64().Draw(t, "at"),
			Job:      rapid.Float64Range(0, 1).Draw(t, "job"),
			Time:     rapid.Float64Range(0, 1e6).Draw(t, "time"),
			Error:    rapid.Float64Range(-1e6, 1).Draw(t, "error"),
			Replicas: rapid.Int64().Draw(t, "replicas"),
			Asked:    rapid.Int64Range(0, 2).Draw(t, "asked"),
			Late:     rapid.Int64Range(0, 2).Draw(t, "late"),
		}
		got, err := sample.Parse(want.String())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("round trip (-want +got):\n%s", diff)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "1,2,3", "x,0,0,0,0", "1,x,0,0,0", "1,0,NaN,0,0", "1,0,0,Inf,0", "1,0,0,0,x", "1,0,0,0", "1,0,0,0,0,x", "1,0,0,0,0,0,x", "1,0,0,0,0,0,0,0",
	} {
		if got, err := sample.Parse(text); err == nil {
			t.Errorf("Parse(%q) = %+v, want an error", text, got)
		}
	}
}

func TestSecond(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ at, want int64 }{
		"start of a second": {1000, 1}, "end of it": {1999, 1}, "zero": {0, 0}, "before 1970": {-1, -1},
	}
	for name, tt := range tests {
		if got := (sample.Sample{At: tt.at}).Second(); got != tt.want {
			t.Errorf("%s: Second of %d = %d, want %d", name, tt.at, got, tt.want)
		}
	}
}

func ExampleEncode() {
	element, _ := sample.Encode("kj-1", sample.Sample{At: 1795500382418, Error: 0.9})
	fmt.Println(element.At(1795500382418))
	// Output: {"name":"application_progress_error","value":0.9,"timestamp":1795500382418,"dimensions":{"application_id":"kj-1","service":"kubejobs"}}
}
