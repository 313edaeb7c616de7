package client_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/start"
	"kubejobs/shared/client"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// What a request is encoded as, the server decodes as the same request, without warnings.
func TestEncodeIsDecoded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	tests := map[string]monitor.Request{
		"the least":     {Budget: 40 * time.Second},
		"a fraction":    {Budget: 1500 * time.Millisecond, Period: 1250 * time.Millisecond},
		"control":       {Budget: time.Hour, Control: &job.Control{}},
		"control, all":  {Budget: time.Hour, Control: &job.Control{Min: 2, Max: 9, Confidence: .95, Graceful: true, Actuator: "kubernetes", Target: &job.Target{Kind: "Deployment", Name: "a.b"}}},
		"control, name": {Budget: time.Hour, Control: &job.Control{Target: &job.Target{Name: "a"}}},
		"database":      {Budget: time.Hour, Database: &job.Database{Host: "127.0.0.1", Port: 8087, Name: "db"}},
		"a list":        {Budget: time.Hour, QueueLists: job.Lists{Processing: "busy"}},
		"all": {
			Plugin: "kubejobs", Budget: 36 * time.Hour, Items: 1 << 53, Submitted: now.Add(-time.Minute + time.Microsecond), Period: time.Hour,
			QueueHost: "10.0.0.7", QueuePort: 6390, QueueLists: job.Lists{Pending: "a", Processing: "b", Results: "c"}, QueueDatabase: 3,
			Strategy: "pid", Heuristics: json.RawMessage(`{"a":1}`),
		},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := client.Encode(want)
			if err != nil {
				t.Fatal(err)
			}
			want.ID, want.Plugin = "demo", "kubejobs"
			got, warnings, err := start.Decode("demo", body, start.Rules{Plugins: []string{"kubejobs"}, Zone: time.UTC, Now: now})
			if err != nil || len(warnings) > 0 {
				t.Fatalf("%s is refused: %v, or warned of: %q", body, err, warnings)
			}
			got.Fingerprint = ""
			if string(got.Heuristics) == "null" {
				got.Heuristics = nil
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s is decoded as (-want +got):\n%s", body, diff)
			}
		})
	}
}
