package samples_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/samples"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/failuretest"
)

func TestQuery(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 6, 6, 22, 418_000_000, time.UTC)
	tests := map[string]struct {
		query string
		want  monitor.SampleRange
	}{
		"nothing":               {"", monitor.SampleRange{}},
		"empty values":          {"?since=&until=&limit=", monitor.SampleRange{}},
		"RFC 3339":              {"?since=2026-11-24T06:06:22.418Z", monitor.SampleRange{Since: at}},
		"RFC 3339, with a zone": {"?until=2026-11-24T07:06:22.418%2B01:00", monitor.SampleRange{Until: at}},
		"milliseconds":          {"?since=1795500382418", monitor.SampleRange{Since: at}},
		"all":                   {"?until=1795500382418&since=0&limit=7", monitor.SampleRange{Since: time.UnixMilli(0), Until: at, Limit: 7}},
		"the largest limit":     {"?limit=1000", monitor.SampleRange{Limit: 1000}},
		"the last millisecond":  {"?until=253402300799999", monitor.SampleRange{Until: time.UnixMilli(253402300799999)}},
		"one millisecond":       {"?since=1795500382418&until=1795500382419", monitor.SampleRange{Since: at, Until: at.Add(time.Millisecond)}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got monitor.SampleRange
			w := get(t, samples.New(reader(
				func(_ context.Context, id job.ID, in monitor.SampleRange) (monitor.Samples, error) {
					got = in
					if id != "kj-1" {
						t.Errorf("asked for %q, want kj-1", id)
					}
					return none, nil
				}), quiet()), "kj-1", tt.query)
			if diff := cmp.Diff(tt.want, got); diff != "" || w.Code != http.StatusOK {
				t.Errorf("status %d, want 200; range (-want +got):\n%s", w.Code, diff)
			}
		})
	}
}

func TestWrongQuery(t *testing.T) {
	t.Parallel()
	const (
		moment = "want RFC 3339 or Unix milliseconds, from 1970 to 9999, got "
		limit  = "limit: want a whole number from 1 to 1000"
		no     = "no such parameter: there are since, until and limit"
	)
	tests := map[string]struct{ query, want string }{
		"not a time":            {"?since=yesterday", `since: ` + moment + `"yesterday"`},
		"a time without a zone": {"?until=2026-11-24T06:06:22", `until: ` + moment + `"2026-11-24T06:06:22"`},
		"seconds with a point":  {"?since=1.5", `since: ` + moment + `"1.5"`},
		"before 1970":           {"?since=-1", `since: ` + moment + `"-1"`},
		"the year 1":            {"?until=0001-01-01T00:00:00Z", `until: ` + moment + `"0001-01-01T00:00:00Z"`},
		"the year 10000":        {"?until=253402300800000", `until: ` + moment + `"253402300800000"`},
		"past an int64":         {"?since=9223372036854775808", `since: ` + moment + `"9223372036854775808"`},
		"until before since":    {"?since=2&until=1", "until: want a time after since"},
		"until at since":        {"?since=2&until=2", "until: want a time after since"},
		"limit 0":               {"?limit=0", limit},
		"limit 1001":            {"?limit=1001", limit},
		"limit not a number":    {"?limit=all", limit},
		"limit past an int":     {"?limit=9223372036854775808", limit},
		"an unknown parameter":  {"?from=1", `"from": ` + no},
		"capital letters":       {"?Limit=1", `"Limit": ` + no},
		"twice":                 {"?limit=1&limit=2", "limit: want it once"},
		"a broken escape":       {"?since=%zz", "query: want name=value, joined by &"},
		"a semicolon":           {"?since=1;limit=2", "query: want name=value, joined by &"},
		"all at once": {
			"?limit=-1&until=x&since=y&b=1&a=1&until=z",
			`"a": ` + no + `; "b": ` + no + `; until: want it once; since: ` + moment + `"y"; until: ` + moment + `"x"; ` + limit,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := get(t, samples.New(reader(
				func(context.Context, job.ID, monitor.SampleRange) (monitor.Samples, error) {
					t.Error("a wrong query reached the store")
					return none, nil
				}), quiet()), "a", tt.query)
			if got := failuretest.Message(t, w); w.Code != http.StatusBadRequest || got != tt.want {
				t.Errorf("answer %d %q\nwant   400 %q", w.Code, got, tt.want)
			}
		})
	}
}
