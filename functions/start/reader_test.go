package start_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/start"
)

func TestSubmissionTime(t *testing.T) {
	t.Parallel()
	recife := time.FixedZone("Recife", -3*60*60)
	at := func(nanos int) time.Time { return time.Date(2026, 11, 24, 5, 41, 7, nanos, time.UTC) }
	tests := map[string]struct {
		text string
		zone *time.Location
		want time.Time // zero: refused
	}{
		"six digits":              {"2026-11-24T05:41:07.390079GMT", time.UTC, at(390079e3)},
		"five digits":             {"2026-11-24T05:41:07.39007GMT", time.UTC, at(39007e4)},
		"one digit":               {"2026-11-24T05:41:07.3GMT", time.UTC, at(3e8)},
		"zeros":                   {"2026-11-24T05:41:07.000000GMT", time.UTC, at(0)},
		"of another zone":         {"2026-11-24T05:41:07.390079GMT", recife, at(390079e3).Add(3 * time.Hour)},
		"no digit":                {"2026-11-24T05:41:07GMT", time.UTC, time.Time{}},
		"a point without a digit": {"2026-11-24T05:41:07.GMT", time.UTC, time.Time{}},
		"seven digits":            {"2026-11-24T05:41:07.3900791GMT", time.UTC, time.Time{}},
		"a comma":                 {"2026-11-24T05:41:07,390079GMT", time.UTC, time.Time{}},
		"without GMT":             {"2026-11-24T05:41:07.390079", time.UTC, time.Time{}},
		"RFC 3339":                {"2026-11-24T05:41:07.390079Z", time.UTC, time.Time{}},
		"another zone's name":     {"2026-11-24T05:41:07.390079UTC", time.UTC, time.Time{}},
		"a space for the T":       {"2026-11-24 05:41:07.390079GMT", time.UTC, time.Time{}},
		"one digit of the hour":   {"2026-11-24T5:41:07.390079GMT", time.UTC, time.Time{}},
		"a day that is not":       {"2026-02-30T05:41:07.390079GMT", time.UTC, time.Time{}},
		"empty":                   {"", time.UTC, time.Time{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := rules()
			in.Zone = tt.zone
			r, _, err := start.Decode("a", []byte(info(`"submission_time":"`+tt.text+`"`)), in)
			var want []string
			if tt.want.IsZero() {
				want = []string{"plugin_info.submission_time"}
			}
			if diff := cmp.Diff(want, fields(t, err)); diff != "" {
				t.Fatalf("wrong fields (-want +got):\n%s", diff)
			}
			if !r.Submitted.Equal(tt.want) {
				t.Errorf("Submitted = %v, want %v", r.Submitted, tt.want)
			}
		})
	}
}

// What a field holds is shown, so that its sender finds it, but not at any
// length.
func TestWrongValueIsShown(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 5000)
	tests := map[string]struct{ value, want string }{
		"text":           {`"a b"`, `want a host name or an IP address, got "a b"`},
		"number":         {`7`, `want a string, got 7`},
		"false":          {`false`, `want a string, got false`},
		"object":         {`{"a":1}`, `want a string, got an object`},
		"list":           {`[1]`, `want a string, got a list`},
		"a long text":    {`"` + long + `"`, `got "` + strings.Repeat("x", 80) + `"`},
		"a long number":  {strings.Repeat("7", 5000), "got " + strings.Repeat("7", 80)},
		"a control sign": {`"a\n"`, `got "a\n"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := start.Decode("a", []byte(info(`"redis_ip":`+tt.value)), rules())
			if err == nil || !strings.HasSuffix(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "plugin_info.redis_ip: ") {
				t.Errorf("error = %v, want plugin_info.redis_ip: … %s", err, tt.want)
			}
		})
	}
}
