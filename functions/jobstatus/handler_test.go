package jobstatus_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kubejobs/functions/jobstatus"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/batchjob"
)

// keeper notes what it is told to keep.
type keeper struct {
	kept []job.KubeStatus
	err  error
}

func (k *keeper) SaveKubeStatus(_ context.Context, _ job.ID, status job.KubeStatus, _ uint64) error {
	k.kept = append(k.kept, status)
	return k.err
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
		"store away":        {"dev.knative.apiserver.resource.update", object, failure.Unavailable("away", nil), 503, []job.KubeStatus{{Active: 2, Started: true}}},
		"another namespace": {"dev.knative.apiserver.resource.add", strings.Replace(object, "batch", "other", 1), nil, 200, nil},
		"a name of no job":  {"dev.knative.apiserver.resource.add", strings.Replace(object, `"a"`, `"a.b"`, 1), nil, 200, nil},
		"no Job":            {"dev.knative.apiserver.resource.add", `[]`, nil, 400, nil},
		"a reference":       {"dev.knative.apiserver.ref.add", object, nil, 400, nil},
		"a tick":            {"dev.knative.sources.ping", object, nil, 400, nil},
		"not an event":      {"", object, nil, 400, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := &keeper{err: tt.err}
			r := httptest.NewRequest(http.MethodPost, "/jobs", strings.NewReader(tt.body))
			r.Header.Set("Content-Type", "application/json")
			if tt.eventType != "" {
				r.Header.Set("Ce-Id", "1")
				r.Header.Set("Ce-Specversion", "1.0")
				r.Header.Set("Ce-Source", "https://10.0.0.1:443")
				r.Header.Set("Ce-Type", tt.eventType)
			}
			w := httptest.NewRecorder()
			jobstatus.New(k, parse, "batch", slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
			if w.Code != tt.status || len(k.kept) != len(tt.want) {
				t.Fatalf("%d %s, kept %+v, want %d and %+v", w.Code, w.Body, k.kept, tt.status, tt.want)
			}
			for i, want := range tt.want {
				if k.kept[i] != want {
					t.Errorf("kept %+v, want %+v", k.kept[i], want)
				}
			}
		})
	}
}
