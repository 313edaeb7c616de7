package batchjob_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/batchjob"
)

func number(n int64) *int64 { return &n }

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		spec, status string
		want         job.KubeStatus
	}{
		"created":           {`{}`, `{}`, job.KubeStatus{}},
		"only a start time": {`{}`, `{"startTime":"2026-11-24T05:41:07Z"}`, job.KubeStatus{}},
		"running pods":      {`{}`, `{"active":3,"ready":1}`, job.KubeStatus{Active: 3, Ready: number(1), Started: true}},
		"no pod is ready":   {`{"parallelism":3}`, `{"active":3,"ready":0}`, job.KubeStatus{Active: 3, Ready: number(0), Parallelism: number(3), Started: true}},
		"indexed, two done": {
			`{"parallelism":4,"completions":5}`, `{"active":3,"succeeded":2}`,
			job.KubeStatus{Active: 3, Parallelism: number(4), Left: number(3), Started: true},
		},
		"scaled to nothing": {`{"parallelism":0}`, `{}`, job.KubeStatus{Parallelism: number(0)}},
		"some pods done":    {`{}`, `{"active":1,"succeeded":2}`, job.KubeStatus{Active: 1, Started: true}},
		"between two pods":  {`{}`, `{"failed":1}`, job.KubeStatus{Started: true}},
		"suspended":         {`{"suspend":true}`, `{"conditions":[{"type":"Suspended","status":"True"}]}`, job.KubeStatus{Suspended: true}},
		"complete": {
			`{}`, `{"succeeded":3,"conditions":[{"type":"SuccessCriteriaMet","status":"True"},{"type":"Complete","status":"True"}]}`,
			job.KubeStatus{Started: true, Complete: true},
		},
		"no longer complete": {`{}`, `{"active":1,"conditions":[{"type":"Complete","status":"False"}]}`, job.KubeStatus{Active: 1, Started: true}},
		"failed": {
			`{}`, `{"failed":4,"conditions":[{"type":"Failed","status":"True","reason":"BackoffLimitExceeded"}]}`,
			job.KubeStatus{Started: true, Failed: true, Reason: "BackoffLimitExceeded"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			namespace, id, status, version, err := batchjob.Parse([]byte(
				`{"metadata":{"name":"kj-1","namespace":"batch","resourceVersion":"42"},"spec":` + tt.spec + `,"status":` + tt.status + `}`))
			if err != nil || namespace != "batch" || id != "kj-1" || version != 42 {
				t.Fatalf("Parse = %s/%s at %d, %v, want batch/kj-1 at 42", namespace, id, version, err)
			}
			tt.want.Version = "42"
			if diff := cmp.Diff(tt.want, status); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		kind failure.Kind
	}{
		"not JSON":                 {`{`, failure.KindInternal},
		"no name":                  {`{"metadata":{"resourceVersion":"1"}}`, failure.KindInvalid},
		"a name that is not an id": {`{"metadata":{"name":"a.b","resourceVersion":"1"}}`, failure.KindInvalid},
		"no version":               {`{"metadata":{"name":"a"}}`, failure.KindInternal},
		"a text as a number":       {`{"metadata":{"name":"a","resourceVersion":"1"},"status":{"active":"x"}}`, failure.KindInternal},
	}
	for name, tt := range tests {
		if _, _, status, _, err := batchjob.Parse([]byte(tt.text)); err == nil || failure.KindOf(err) != tt.kind {
			t.Errorf("%s: Parse = %+v, %v, want an error of kind %q", name, status, err, tt.kind)
		}
	}
}

// A Job is absent only if the API server says so of the Job: anything else leaves
// its status unknown.
func TestStatusReadsTheReason(t *testing.T) {
	t.Parallel()
	status := func(code int, reason, details string) string {
		return fmt.Sprintf(`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"details":%s,"code":%d}`, reason, details, code)
	}
	const ofJob, ofNamespace = `{"name":"a","group":"batch","kind":"jobs"}`, `{"name":"batch","kind":"namespaces"}`
	tests := map[string]struct {
		code int
		body string
		want failure.Kind
	}{
		"no such Job":          {404, status(404, "NotFound", ofJob), failure.KindNotFound},
		"no such namespace":    {404, status(404, "NotFound", ofNamespace), failure.KindRefused},
		"no such path":         {404, "404 page not found", failure.KindRefused},
		"a proxy's page":       {404, "<html>", failure.KindRefused},
		"gone":                 {410, status(410, "Gone", ofJob), failure.KindUnavailable},
		"a conflict":           {409, status(409, "Conflict", ofJob), failure.KindConflict},
		"invalid":              {422, status(422, "Invalid", ofJob), failure.KindRefused},
		"forbidden":            {403, status(403, "Forbidden", ofJob), failure.KindRefused},
		"another Job":          {200, `{"kind":"Job","apiVersion":"batch/v1","metadata":{"name":"b"}}`, failure.KindInternal},
		"another kind":         {200, `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}`, failure.KindInternal},
		"a Job without a name": {200, `{"kind":"Job","apiVersion":"batch/v1"}`, failure.KindInternal},
		"the Job":              {200, `{"kind":"Job","apiVersion":"batch/v1","metadata":{"name":"a"}}`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tt.body[0] == '{' {
					w.Header().Set("Content-Type", "application/json")
				}
				w.WriteHeader(tt.code)
				_, _ = fmt.Fprint(w, tt.body)
			}))
			t.Cleanup(server.Close)
			client, err := dynamic.NewForConfig(&rest.Config{Host: server.URL})
			if err != nil {
				t.Fatal(err)
			}
			_, err = batchjob.New(client, "batch").Status(t.Context(), "a")
			if (err == nil) != (tt.want == "") || err != nil && failure.KindOf(err) != tt.want {
				t.Errorf("Status = %v of kind %q, want kind %q", err, failure.KindOf(err), tt.want)
			}
		})
	}
}
