package status_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/status"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

type reader struct {
	StatusFunc func(ctx context.Context, id job.ID) (monitor.Status, error)
	ListFunc   func(ctx context.Context, after job.ID, limit int) ([]monitor.Status, job.ID, error)
}

func (r reader) Status(ctx context.Context, id job.ID) (monitor.Status, error) {
	return r.StatusFunc(ctx, id)
}

func (r reader) List(ctx context.Context, after job.ID, limit int) ([]monitor.Status, job.ID, error) {
	return r.ListFunc(ctx, after, limit)
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// decode decodes a JSON answer.
func decode[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type = %q, want application/json", got)
	}
	var value T
	if err := json.Unmarshal(w.Body.Bytes(), &value); err != nil {
		t.Fatalf("body %q: %v", w.Body, err)
	}
	return value
}

func TestOne(t *testing.T) {
	t.Parallel()
	down := failure.Unavailable("the store does not answer", errors.New("dial"))
	tests := map[string]struct {
		id      string
		err     error
		status  int
		message string
	}{
		"known":             {"kj-abc1234", nil, 200, ""},
		"unknown":           {"kj-abc1234", monitor.ErrUnknownJob, 404, "no such job"},
		"the store is down": {"kj-abc1234", down, 503, "the store does not answer"},
		"a bug":             {"kj-abc1234", errors.New("nil"), 500, "internal error"},
		"not a DNS label": {
			"A", nil, 400, `id: want a DNS label (1 to 63 of a-z, 0-9 and '-', with neither end a '-'), got "A"`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler := status.New(reader{StatusFunc: func(_ context.Context, id job.ID) (monitor.Status, error) {
				return monitor.Status{ID: id, Phase: job.PhaseRunning}, tt.err
			}}, quiet())
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
			r.SetPathValue("id", tt.id)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != tt.status {
				t.Errorf("status = %d, want %d", w.Code, tt.status)
			}
			if tt.status == http.StatusOK {
				if got := decode[monitor.Status](t, w); string(got.ID) != tt.id || got.Phase != job.PhaseRunning {
					t.Errorf("body = %+v, want the running job %s", got, tt.id)
				}
			} else if got := decode[httpapi.Failure](t, w); got.Message != tt.message || got.Code != tt.status {
				t.Errorf("body = %+v, want %d %q", got, tt.status, tt.message)
			}
		})
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	type asked struct {
		After job.ID
		Limit int
	}
	tests := map[string]struct {
		query string
		next  job.ID
		asked asked
		link  string
	}{
		"the first page":         {"", "", asked{"", 100}, ""},
		"empty values":           {"?after=&limit=", "", asked{"", 100}, ""},
		"a page after a job":     {"?after=a&limit=2", "", asked{"a", 2}, ""},
		"the largest page":       {"?limit=100", "", asked{"", 100}, ""},
		"a page before another":  {"?limit=1", "b", asked{"", 1}, "/monitoring?after=b&limit=1"},
		"the default page, full": {"", "b-1", asked{"", 100}, "/monitoring?after=b-1&limit=100"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got asked
			list := func(_ context.Context, after job.ID, limit int) ([]monitor.Status, job.ID, error) {
				got = asked{after, limit}
				return []monitor.Status{{ID: "a"}}, tt.next, nil
			}
			w := httptest.NewRecorder()
			status.NewList(reader{ListFunc: list}, quiet()).
				ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/monitoring"+tt.query, http.NoBody))
			if diff := cmp.Diff(tt.asked, got); diff != "" {
				t.Errorf("asked for (-want +got):\n%s", diff)
			}
			page := decode[status.Page](t, w)
			if w.Code != http.StatusOK || len(page.Jobs) != 1 || page.Jobs[0].ID != "a" || page.Next != tt.link {
				t.Errorf("answer = %d, %d jobs, next %q, want 200, job a, next %q", w.Code, len(page.Jobs), page.Next, tt.link)
			}
		})
	}
}

func TestListThatFails(t *testing.T) {
	t.Parallel()
	const limit, after = "limit: want a whole number from 1 to 100", "after: want an id"
	tests := map[string]struct {
		query   string
		err     error
		status  int
		message string
	}{
		"limit 0":            {"?limit=0", nil, 400, limit},
		"limit 101":          {"?limit=101", nil, 400, limit},
		"limit not a number": {"?limit=all", nil, 400, limit},
		"limit past an int":  {"?limit=9223372036854775808", nil, 400, limit},
		"after is not an id": {"?after=A", nil, 400, after},
		"a parameter that does not exist": {
			"?phase=running", nil, 400, `"phase": no such parameter: there are after and limit`,
		},
		"a parameter in capitals": {"?Limit=1", nil, 400, `"Limit": no such parameter: there are after and limit`},
		"a parameter twice":       {"?limit=1&limit=2", nil, 400, "limit: want it once"},
		"unknown and wrong": {
			"?b&a=1&limit=0", nil, 400,
			`"a": no such parameter: there are after and limit; "b": no such parameter: there are after and limit; ` + limit,
		},
		"no query":          {"?limit=%zz", nil, 400, "query: want name=value, joined by &"},
		"both":              {"?after=..&limit=-1", nil, 400, after + "; " + limit},
		"the store is down": {"", failure.Unavailable("down", nil), 503, "down"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := func(context.Context, job.ID, int) ([]monitor.Status, job.ID, error) {
				if tt.err == nil {
					t.Error("a wrong query reached the store")
				}
				return nil, "", tt.err
			}
			w := httptest.NewRecorder()
			status.NewList(reader{ListFunc: list}, quiet()).
				ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/monitoring"+tt.query, http.NoBody))
			if got := decode[httpapi.Failure](t, w); w.Code != tt.status || got.Message != tt.message {
				t.Errorf("answer = %d %q, want %d %q", w.Code, got.Message, tt.status, tt.message)
			}
		})
	}
}
