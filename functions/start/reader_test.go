package start_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/start"
	"kubejobs/shared/testkit/failuretest"
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
			if diff := cmp.Diff(want, failuretest.Fields(t, err)); diff != "" {
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

// A time that a zone's clocks show twice or skip has two readings.
func TestSubmissionTimeWithTwoReadings(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		moment, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	const (
		twice    = "2026-10-25T02:30:00.0GMT" // Berlin: 00:30 and 01:30 in UTC
		skipped  = "2026-03-29T02:30:00.0GMT" // Berlin: 00:30 and 01:30 in UTC
		halfHour = "2026-04-05T01:45:00.0GMT" // Lord Howe: 14:45 and 15:15 in UTC, the day before
		noDay    = "2011-12-30T12:00:00.0GMT" // Apia: the whole day is skipped
	)
	tests := map[string]struct{ zone, text, now, want string }{
		"twice, now long after":         {"Europe/Berlin", twice, "2026-10-26T00:00:00Z", "2026-10-25T01:30:00Z"},
		"twice, now at the second":      {"Europe/Berlin", twice, "2026-10-25T01:30:00Z", "2026-10-25T01:30:00Z"},
		"twice, now between":            {"Europe/Berlin", twice, "2026-10-25T01:29:59Z", "2026-10-25T00:30:00Z"},
		"twice, now before both":        {"Europe/Berlin", twice, "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z"},
		"skipped, now long after":       {"Europe/Berlin", skipped, "2026-03-30T00:00:00Z", "2026-03-29T01:30:00Z"},
		"skipped, now between":          {"Europe/Berlin", skipped, "2026-03-29T01:00:00Z", "2026-03-29T00:30:00Z"},
		"skipped, now before both":      {"Europe/Berlin", skipped, "2026-03-29T00:00:00Z", "2026-03-29T00:30:00Z"},
		"once, before the change":       {"Europe/Berlin", "2026-10-25T01:59:59.9GMT", "2026-10-26T00:00:00Z", "2026-10-24T23:59:59.9Z"},
		"once, after the change":        {"Europe/Berlin", "2026-10-25T03:00:00.0GMT", "2026-10-26T00:00:00Z", "2026-10-25T02:00:00Z"},
		"once, now before":              {"Europe/Berlin", "2026-10-25T03:00:00.0GMT", "2026-10-01T00:00:00Z", "2026-10-25T02:00:00Z"},
		"west, twice, now between":      {"America/New_York", "2026-11-01T01:30:00.0GMT", "2026-11-01T06:00:00Z", "2026-11-01T05:30:00Z"},
		"west, twice, now after":        {"America/New_York", "2026-11-01T01:30:00.0GMT", "2026-11-01T07:00:00Z", "2026-11-01T06:30:00Z"},
		"half an hour, twice, between":  {"Australia/Lord_Howe", halfHour, "2026-04-04T15:00:00Z", "2026-04-04T14:45:00Z"},
		"half an hour, twice, after":    {"Australia/Lord_Howe", halfHour, "2026-04-04T16:00:00Z", "2026-04-04T15:15:00Z"},
		"a skipped day, now long after": {"Pacific/Apia", noDay, "2026-01-01T00:00:00Z", "2011-12-30T22:00:00Z"},
		"a skipped day, now between":    {"Pacific/Apia", noDay, "2011-12-30T10:00:00Z", "2011-12-29T22:00:00Z"},
		"a zone without changes":        {"Asia/Tokyo", twice, "2026-10-26T00:00:00Z", "2026-10-24T17:30:00Z"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			in := rules()
			in.Zone, in.Now = zone, at(tt.now)
			r, _, err := start.Decode("a", []byte(info(`"submission_time":"`+tt.text+`"`)), in)
			if err != nil || !r.Submitted.Equal(at(tt.want)) {
				t.Errorf("Submitted = %v, %v, want %s", r.Submitted.UTC(), err, tt.want)
			}
		})
	}
}

// A value that is plainly meant in another unit or format is refused with a hint.
func TestHints(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want string
	}{
		"a number for a body":     {"7", "body: want a JSON object, got number"},
		"milliseconds":            {`{"plugin":"p","plugin_info":{"expected_time":3600000000}}`, "seconds (not milliseconds) over 0, at most 31536000, a year"},
		"a Unix time":             {info(`"submission_time":1764000000`), "YYYY-MM-DDTHH:MM:SS.ffffffGMT, such as 2026-11-24T05:41:07.390079GMT (a text, not a Unix time)"},
		"a Unix time in a text":   {info(`"submission_time":"1764000000"`), "YYYY-MM-DDTHH:MM:SS.ffffffGMT"},
		"RFC 3339":                {info(`"submission_time":"2026-11-24T05:41:07Z"`), "YYYY-MM-DDTHH:MM:SS.ffffffGMT, such as 2026-11-24T05:41:07.390079GMT (one to six"},
		"RFC 3339 with an offset": {info(`"submission_time":"2026-11-24T05:41:07.3+01:00"`), "not RFC 3339"},
		"a port in redis_ip":      {info(`"redis_ip":"redis:6379"`), "with the port in redis_port"},
		"IPv6 with a port":        {info(`"redis_ip":"[::1]:6379"`), "with the port in redis_port"},
		"a URL":                   {info(`"redis_ip":"redis://redis"`), "not a URL"},
		"a URL with a password":   {info(`"redis_ip":"redis://:hunter2@redis"`), "without a user and a password"},
		"a submission": {
			`{"plugin":"kubejobs","plugin_info":{"cmd":["a"],"monitor_plugin":"kubejobs","monitor_info":{"expected_time":40}}}`,
			"plugin_info.expected_time: is missing: this looks like a submission to Asperathos' Manager, as it has plugin_info.monitor_info. " +
				"The Monitor expects the fields of monitor_info in plugin_info itself",
		},
		"a submission without plugin_info": {`{"plugin":"kubejobs","monitor_info":{"expected_time":40}}`, "as it has monitor_info."},
		"a submission, kubejobs' fields":   {`{"plugin":"kubejobs","plugin_info":{"redis_workload":"http://a"}}`, "as it has plugin_info.redis_workload."},
		"a field beside plugin_info":       {`{"plugin":"p","expected_time":40,"plugin_info":{}}`, "it was given beside plugin_info"},
		"heuristic_options' size":          {info(`"heuristic_options":"` + strings.Repeat("x", 4095) + `"`), "want at most 4096 bytes of JSON, got 4097"},
		"heuristic_options' depth":         {info(`"heuristic_options":` + nested(40)), "want at most 32 objects and lists inside one another, got 40"},
		"scaling_strategy's size":          {info(`"scaling_strategy":"` + strings.Repeat("x", 64) + `"`), "want at most 63 characters"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := start.Decode("a", []byte(tt.body), rules())
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error = %v, want %q in it and no password", err, tt.want)
			}
		})
	}
}

func TestBoundsAreAccepted(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a year":                `{"plugin":"p","plugin_info":{"expected_time":31536000}}`,
		"2^53 items":            info(`"number_of_jobs":9007199254740992`),
		"2^53 items, a point":   info(`"number_of_jobs":9007199254740992.0`),
		"a strategy of 63":      info(`"scaling_strategy":"` + strings.Repeat("é", 63) + `"`),
		"options of 4096 bytes": info(`"scaling_strategy":"pid","heuristic_options":{"a":"` + strings.Repeat("x", 4096-8) + `"}`),
		"options of depth 32":   info(`"scaling_strategy":"pid","heuristic_options":` + nested(32)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := start.Decode("a", []byte(body), rules()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestHostSpellings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Redis.SVC.": "redis.svc", "[FD00::0:1]": "fd00::1", "::ffff:10.0.0.1": "10.0.0.1", "10.0.0.1": "10.0.0.1",
	} {
		if got := decode(t, info(`"redis_ip":"`+text+`"`)).QueueHost; got != want {
			t.Errorf("redis_ip %q: QueueHost = %q, want %q", text, got, want)
		}
	}
}
