package samples_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/samples"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/failuretest"
	"kubejobs/shared/testkit/openapitest"
)

type reader func(context.Context, job.ID, monitor.SampleRange) (monitor.Samples, error)

func (r reader) Samples(ctx context.Context, id job.ID, in monitor.SampleRange) (monitor.Samples, error) {
	return r(ctx, id, in)
}

// two is a page of a job's samples that is not the last page.
var two = monitor.Samples{More: true, Samples: []monitor.TimedSample{
	{Timestamp: 1795500382418, At: time.UnixMilli(1795500382418).UTC(), Job: 0.5, Time: 1. / 3, Error: 0.16666666666666669, Replicas: 4},
	{Timestamp: 1795500384000, At: time.UnixMilli(1795500384000).UTC(), Time: 1e-7, Error: -1e-7, Asked: 6, Lateness: 0.418},
}}

// give returns a reader of one page.
func give(part monitor.Samples) reader {
	return func(context.Context, job.ID, monitor.SampleRange) (monitor.Samples, error) { return part, nil }
}

// get returns a handler's answer for a job.
func get(t *testing.T, handler http.Handler, id, query string, accept ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/monitoring/"+id+"/samples"+query, http.NoBody)
	r.SetPathValue("id", id)
	r.Header["Accept"] = accept
	w := httptest.NewRecorder()
	openapitest.Operation(t, "getSamples", handler).ServeHTTP(w, r)
	return w
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

const (
	asJSON   = "application/json"
	asNDJSON = "application/x-ndjson"
	asCSV    = "text/csv; charset=utf-8; header=present"
)

func TestFormats(t *testing.T) {
	t.Parallel()
	const (
		first  = `{"timestamp":1795500382418,"at":"2026-11-24T06:06:22.418Z","job_progress":0.5,"time_progress":0.3333333333333333,"error":0.16666666666666669,"replicas":4}`
		second = `{"timestamp":1795500384000,"at":"2026-11-24T06:06:24Z","job_progress":0,"time_progress":1e-7,"error":-1e-7,"replicas":0,"parallelism":6,"lateness":0.418}`
	)
	tests := map[string]struct {
		format      samples.Format
		part        monitor.Samples
		contentType string
		body, link  string
	}{
		"JSON": {
			samples.JSON, two, asJSON,
			`{"job":"a","samples":[` + first + `,` + second + `],"next":"/monitoring/a/samples.json?limit=2\u0026since=1795500384001"}` + "\n",
			`</monitoring/a/samples.json?limit=2&since=1795500384001>; rel="next"`,
		},
		"NDJSON": {
			samples.NDJSON, two, asNDJSON, first + "\n" + second + "\n",
			`</monitoring/a/samples.ndjson?limit=2&since=1795500384001>; rel="next"`,
		},
		"CSV": {
			samples.CSV, two, asCSV, "timestamp,at,job_progress,time_progress,error,replicas,parallelism,lateness\r\n" +
				"1795500382418,2026-11-24T06:06:22.418Z,0.5,0.3333333333333333,0.16666666666666669,4,0,0\r\n" +
				"1795500384000,2026-11-24T06:06:24.000Z,0,1e-07,-1e-07,0,6,0.418\r\n",
			`</monitoring/a/samples.csv?limit=2&since=1795500384001>; rel="next"`,
		},
		"no samples as JSON":   {samples.JSON, none, asJSON, `{"job":"a","samples":[]}` + "\n", ""},
		"no samples as NDJSON": {samples.NDJSON, none, asNDJSON, "", ""},
		"no samples as CSV": {
			samples.CSV, none, asCSV, "timestamp,at,job_progress,time_progress,error,replicas,parallelism,lateness\r\n", "",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := get(t, samples.NewAs(tt.format, give(tt.part), quiet()), "a", "?limit=2")
			if diff := cmp.Diff(tt.body, w.Body.String()); diff != "" || w.Code != http.StatusOK {
				t.Errorf("status %d, want 200; body (-want +got):\n%s", w.Code, diff)
			}
			got := []string{w.Header().Get("Content-Type"), w.Header().Get("Link"), w.Header().Get("Cache-Control")}
			if diff := cmp.Diff([]string{tt.contentType, tt.link, "no-store"}, got); diff != "" {
				t.Errorf("Content-Type, Link, Cache-Control (-want +got):\n%s", diff)
			}
		})
	}
}

var none = monitor.Samples{Samples: []monitor.TimedSample{}}

func TestNextPageKeepsUntil(t *testing.T) {
	t.Parallel()
	w := get(t, samples.NewAs(samples.NDJSON, give(two), quiet()), "a", "?until=2026-11-24T08:00:00%2B01:00&limit=2&since=1")
	const want = `</monitoring/a/samples.ndjson?limit=2&since=1795500384001&until=2026-11-24T08%3A00%3A00%2B01%3A00>; rel="next"`
	if got := w.Header().Get("Link"); got != want {
		t.Errorf("Link %s, want %s", got, want)
	}
}

func TestAccept(t *testing.T) {
	t.Parallel()
	const refused = "" // with 406
	tests := map[string]struct {
		accept []string
		want   string
	}{
		"none":                       {nil, asJSON},
		"empty":                      {[]string{""}, asJSON},
		"anything":                   {[]string{"*/*"}, asJSON},
		"a browser's":                {[]string{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, asJSON},
		"JSON":                       {[]string{"application/json"}, asJSON},
		"JSON in UTF-8":              {[]string{"application/json; charset=UTF-8"}, asJSON},
		"NDJSON":                     {[]string{"application/x-ndjson"}, asNDJSON},
		"CSV":                        {[]string{"text/csv"}, asCSV},
		"CSV with a header":          {[]string{"text/csv;header=present"}, asCSV},
		"CSV without one":            {[]string{"text/csv;header=absent"}, refused},
		"any text":                   {[]string{"text/*"}, asCSV},
		"in capitals":                {[]string{"Text/CSV"}, asCSV},
		"two, the first":             {[]string{"text/csv, application/json"}, asCSV},
		"two, by weight":             {[]string{"text/csv;q=0.5, application/json;q=0.6"}, asJSON},
		"a weight of three digits":   {[]string{"text/csv;q=0.501, application/json;q=0.5"}, asCSV},
		"anything but JSON":          {[]string{"application/json;q=0, */*;q=0.1"}, asNDJSON},
		"a wildcard weighs less":     {[]string{"*/*;q=0.1, text/csv"}, asCSV},
		"in two headers":             {[]string{"text/html", "text/csv"}, asCSV},
		"something else":             {[]string{"text/html"}, refused},
		"no JSON and nothing else":   {[]string{"application/json;q=0"}, refused},
		"JSON in another charset":    {[]string{"application/json;charset=utf-16"}, refused},
		"a weight that is no number": {[]string{"text/csv;q=x"}, refused},
		"a malformed header":         {[]string{"csv"}, refused},
		"any application":            {[]string{"application/*"}, asJSON},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := get(t, samples.New(give(two), quiet()), "a", "", tt.accept...)
			if vary := w.Header().Get("Vary"); vary != "Accept" {
				t.Errorf("Vary %q, want Accept", vary)
			}
			if tt.want == refused {
				if message := failuretest.Message(t, w); w.Code != 406 || message != "Accept: there are application/json, application/x-ndjson, text/csv" {
					t.Errorf("answer %d %q, want 406 and the media types", w.Code, message)
				}
			} else if got := w.Header().Get("Content-Type"); w.Code != 200 || got != tt.want {
				t.Errorf("answer %d of type %q, want 200 of %q", w.Code, got, tt.want)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	down := failure.Unavailable("the store does not answer", errors.New("dial"))
	tests := map[string]struct {
		id, query string
		err       error
		status    int
		message   string
	}{
		"unknown job":       {"a", "", monitor.ErrUnknownJob, 404, "no such job"},
		"the store is down": {"a", "", down, 503, "the store does not answer"},
		"a bug":             {"a", "", errors.New("nil"), 500, "internal error"},
		"everything is wrong": {
			"A", "?limit=0&foo=1", nil, 400,
			`id: want a DNS label (1 to 63 of a-z, 0-9 and '-', with neither end a '-'), got "A"; ` +
				`"foo": no such parameter: there are since, until and limit; limit: want a whole number from 1 to 1000`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fail := func(context.Context, job.ID, monitor.SampleRange) (monitor.Samples, error) {
				return monitor.Samples{}, tt.err
			}
			for _, format := range []samples.Format{samples.JSON, samples.NDJSON, samples.CSV} {
				w := get(t, samples.NewAs(format, reader(fail), quiet()), tt.id, tt.query)
				if got := failuretest.Message(t, w); w.Code != tt.status || got != tt.message {
					t.Errorf("answer %d %q, want %d %q", w.Code, got, tt.status, tt.message)
				}
			}
		})
	}
}
