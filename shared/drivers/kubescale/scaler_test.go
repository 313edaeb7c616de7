package kubescale_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/kubescale"
)

// server is an API server that answers every request in the same way.
type server struct {
	code     int
	body     string
	requests []string // method, path, content type and body
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body) // an error shows in what is compared
	s.requests = append(s.requests, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", r.Method, r.URL.Path, r.Header.Get("Content-Type"), text)))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(s.code)
	_, _ = io.WriteString(w, s.body)
}

func (s *server) scaler(t *testing.T) *kubescale.Scaler {
	t.Helper()
	listening := httptest.NewServer(s)
	t.Cleanup(listening.Close)
	client, err := dynamic.NewForConfig(&rest.Config{Host: listening.URL})
	if err != nil {
		t.Fatal(err)
	}
	return kubescale.New(client, "batch")
}

func failed(code int, reason, details string) string {
	return fmt.Sprintf(`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"details":%s,"code":%d}`, reason, details, code)
}

func number(n int64) *int64 { return &n }

func TestFleet(t *testing.T) {
	t.Parallel()
	object := func(version, kind, rest string) string {
		return `{"apiVersion":"` + version + `","kind":"` + kind + `","metadata":{"name":"w","uid":"u","resourceVersion":"7"},` + rest + `}`
	}
	tests := map[string]struct {
		kind, body string
		want       job.Fleet
	}{
		"a Deployment": {
			job.KindDeployment, object("apps/v1", "Deployment", `"spec":{"replicas":4},"status":{"replicas":3,"readyReplicas":2}`),
			job.Fleet{Asked: 4, Running: 3, Working: 2},
		},
		"a Deployment without a number": {job.KindDeployment, object("apps/v1", "Deployment", `"spec":{}`), job.Fleet{Asked: 1}},
		"a StatefulSet": {
			job.KindStatefulSet, object("apps/v1", "StatefulSet", `"spec":{"replicas":0},"status":{"replicas":1}`), job.Fleet{Running: 1},
		},
		"a Job": {
			job.KindJob, object("batch/v1", "Job", `"spec":{"parallelism":4,"completions":9},"status":{"active":3,"ready":2,"succeeded":4}`),
			job.Fleet{Asked: 4, Running: 3, Working: 2, Most: number(5)},
		},
		"a Job without ready pods": {
			job.KindJob, object("batch/v1", "Job", `"spec":{"suspend":true},"status":{"active":3}`),
			job.Fleet{Asked: 1, Running: 3, Working: 3, Idle: true},
		},
		"a Job that failed": {
			job.KindJob, object("batch/v1", "Job", `"status":{"conditions":[{"type":"Failed","status":"True"}]}`), job.Fleet{Asked: 1, Idle: true},
		},
		"negative numbers": {job.KindDeployment, object("apps/v1", "Deployment", `"spec":{"replicas":-4},"status":{"replicas":-1}`), job.Fleet{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{code: 200, body: tt.body}
			got, err := s.scaler(t).Fleet(t.Context(), job.Target{Kind: tt.kind, Name: "w"})
			tt.want.Version = "7"
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil || len(s.requests) != 1 {
				t.Errorf("%v, requests %v, fleet (-want +got):\n%s", err, s.requests, diff)
			}
		})
	}
}

func TestFleetReadsTheReason(t *testing.T) {
	t.Parallel()
	const of = `{"name":"w","group":"apps","kind":"deployments"}`
	tests := map[string]struct {
		code int
		body string
		want failure.Kind
	}{
		"no such Deployment": {404, failed(404, "NotFound", of), failure.KindNotFound},
		"a proxy's page":     {404, "<html>", failure.KindRefused},
		"forbidden":          {403, failed(403, "Forbidden", of), failure.KindRefused},
		"too many requests":  {429, failed(429, "TooManyRequests", of), failure.KindUnavailable},
		"another object":     {200, `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x"}}`, failure.KindInternal},
		"another kind":       {200, `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"w"}}`, failure.KindInternal},
		"a text as a number": {200, `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"w"},"spec":{"replicas":"x"}}`, failure.KindInternal},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := (&server{code: tt.code, body: tt.body}).scaler(t).Fleet(t.Context(), job.Target{Kind: job.KindDeployment, Name: "w"})
			if err == nil || failure.KindOf(err) != tt.want || got != (job.Fleet{}) {
				t.Errorf("%+v, %v, want kind %q", got, err, tt.want)
			}
		})
	}
}

func TestScale(t *testing.T) {
	t.Parallel()
	whole := job.Order{Replicas: 5, Sequence: 2, From: job.Fleet{Asked: 3, Version: "7"}}
	const path = "PATCH /apis/%s/namespaces/batch/%s application/merge-patch+json %s"
	const precise = `{"metadata":{"resourceVersion":"7"},"spec":{"%s":5}}`
	tests := map[string]struct {
		kind  string
		order job.Order
		want  string
	}{
		"a Job":         {job.KindJob, whole, fmt.Sprintf(path, "batch/v1", "jobs/w", fmt.Sprintf(precise, "parallelism"))},
		"a Deployment":  {job.KindDeployment, whole, fmt.Sprintf(path, "apps/v1", "deployments/w/scale", fmt.Sprintf(precise, "replicas"))},
		"a StatefulSet": {job.KindStatefulSet, whole, fmt.Sprintf(path, "apps/v1", "statefulsets/w/scale", fmt.Sprintf(precise, "replicas"))},
		"of an unknown version": {
			job.KindJob, job.Order{Replicas: 5}, fmt.Sprintf(path, "batch/v1", "jobs/w", `{"metadata":{},"spec":{"parallelism":5}}`),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{code: 200, body: `{"apiVersion":"batch/v1","kind":"Job"}`}
			spec := job.Spec{ID: "a", Control: &job.Control{Target: &job.Target{Kind: tt.kind, Name: "w"}}}
			if err := s.scaler(t).Scale(t.Context(), spec, tt.order); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tt.want}, s.requests); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestScaleSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	of := func(kind string) string { return `{"name":"w","kind":"` + kind + `"}` }
	tests := map[string]struct {
		kind   string
		code   int
		reason string
		want   failure.Kind
		text   string
	}{
		"no right to a Job": {
			job.KindJob, 403, "Forbidden", failure.KindRefused, "needs the right to patch jobs.batch in the namespace batch",
		},
		"no right to a scale": {
			job.KindDeployment, 403, "Forbidden", failure.KindRefused, "needs the right to patch deployments/scale.apps in the namespace batch",
		},
		"it was changed meanwhile": {job.KindJob, 409, "Conflict", failure.KindConflict, "was changed"},
		"it does not exist":        {job.KindStatefulSet, 404, "NotFound", failure.KindNotFound, "the StatefulSet w does not exist"},
		"it is invalid":            {job.KindJob, 422, "Invalid", failure.KindRefused, "rejects the request as invalid"},
		"no answer":                {job.KindJob, 503, "ServiceUnavailable", failure.KindUnavailable, "does not answer"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{code: tt.code, body: failed(tt.code, tt.reason, of("jobs"))}
			spec := job.Spec{ID: "a", Control: &job.Control{Target: &job.Target{Kind: tt.kind, Name: "w"}}}
			err := s.scaler(t).Scale(t.Context(), spec, job.Order{Replicas: 1})
			typed, ok := err.(*failure.Error) //nolint:errorlint // the outermost error is shown
			if !ok || typed.Kind != tt.want || !strings.Contains(typed.Public(), tt.text) {
				t.Errorf("%v, want kind %q and %q", err, tt.want, tt.text)
			}
		})
	}
}
