package jobstatus_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/jobstatus"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/batchjob"
	"kubejobs/shared/testkit/openapitest"
)

// saver records the job statuses that it gets.
type saver struct {
	saved []job.KubeStatus
	err   error
}

func (s *saver) SaveKubeStatus(_ context.Context, _ job.ID, status job.KubeStatus, _ uint64) error {
	s.saved = append(s.saved, status)
	return s.err
}

func parse(text []byte) (change jobstatus.Change, err error) {
	change.Namespace, change.ID, change.Status, change.Version, err = batchjob.Parse(text)
	return change, err
}

func TestHandler(t *testing.T) {
	t.Parallel()
	const object = `{"metadata":{"name":"a","namespace":"batch","resourceVersion":"7"},"status":{"active":2}}`
	tests := map[string]struct {
		eventType, body string
		err             error
		status          int
		want            []job.KubeStatus
	}{
		"added":             {"dev.knative.apiserver.resource.add", object, nil, 200, []job.KubeStatus{{Active: 2, Started: true}}},
		"updated":           {"dev.knative.apiserver.resource.update", object, nil, 200, []job.KubeStatus{{Active: 2, Started: true}}},
		"deleted":           {"dev.knative.apiserver.resource.delete", object, nil, 200, []job.KubeStatus{{Active: 2, Started: true, Gone: true}}},
		"the store is down": {"dev.knative.apiserver.resource.update", object, failure.Unavailable("down", nil), 503, []job.KubeStatus{{Active: 2, Started: true}}},
		"another namespace": {"dev.knative.apiserver.resource.add", strings.Replace(object, "batch", "other", 1), nil, 200, nil},
		"an unusable name":  {"dev.knative.apiserver.resource.add", strings.Replace(object, `"a"`, `"a.b"`, 1), nil, 200, nil},
		"not a Job":         {"dev.knative.apiserver.resource.add", `[]`, nil, 400, nil},
		"a reference":       {"dev.knative.apiserver.ref.add", object, nil, 400, nil},
		"a tick":            {"dev.knative.sources.ping", object, nil, 400, nil},
		"not an event":      {"", object, nil, 400, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &saver{err: tt.err}
			r := httptest.NewRequest(http.MethodPost, "/jobs", strings.NewReader(tt.body))
			r.Header.Set("Content-Type", "application/json")
			if tt.eventType != "" {
				r.Header.Set("Ce-Id", "1")
				r.Header.Set("Ce-Specversion", "1.0")
				r.Header.Set("Ce-Source", "https://10.0.0.1:443")
				r.Header.Set("Ce-Type", tt.eventType)
			}
			w := httptest.NewRecorder()
			handler := jobstatus.New(s, parse, "batch", slog.New(slog.DiscardHandler))
			openapitest.Operation(t, "saveJobStatus", handler).ServeHTTP(w, r)
			if w.Code != tt.status || len(s.saved) != len(tt.want) {
				t.Fatalf("%d %s, saved %+v, want %d and %+v", w.Code, w.Body, s.saved, tt.status, tt.want)
			}
			if tt.status == http.StatusOK && w.Body.Len() > 0 {
				t.Errorf("body %q, want none: a Broker takes one for a failure", w.Body)
			}
			for i, want := range tt.want {
				want.Version = "7"
				if diff := cmp.Diff(want, s.saved[i]); diff != "" {
					t.Errorf("saved (-want +got):\n%s", diff)
				}
			}
		})
	}
}
