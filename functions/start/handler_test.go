package start_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/start"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

type starterFunc func(context.Context, monitor.Request) (monitor.Started, error)

func (f starterFunc) Start(ctx context.Context, r monitor.Request) (monitor.Started, error) {
	return f(ctx, r)
}

// noon is when the tests' requests arrive.
func noon() time.Time { return rules().Now }

// post sends a request with a body to a path below /monitoring/.
func post(service starterFunc, path, body string) *httptest.ResponseRecorder {
	mux := http.NewServeMux()
	mux.Handle("/monitoring/{id}", start.New(service,
		start.Options{Plugins: []string{"kubejobs"}, Zone: time.UTC, Now: noon}, slog.New(slog.DiscardHandler)))
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/monitoring/"+path, strings.NewReader(body)))
	return w
}

func TestHandler(t *testing.T) {
	t.Parallel()
	const right = `{"plugin":"kubejobs","plugin_info":{"expected_time":40}}`
	tests := map[string]struct {
		id, body string
		err      error
		status   int
		names    []string
	}{
		"right":                  {"a", right, nil, http.StatusAccepted, nil},
		"a wrong id":             {"A", right, nil, http.StatusBadRequest, []string{"id:"}},
		"a wrong id and a field": {"A", `{"plugin":"kubejobs","plugin_info":{}}`, nil, http.StatusBadRequest, []string{"id:", "plugin_info.expected_time:"}},
		"an unknown plugin": {
			"a", `{"plugin":"kubejobs_cost","plugin_info":{}}`, nil, http.StatusBadRequest,
			[]string{`plugin: want one of \"kubejobs\", got`, "plugin_info.expected_time: is missing"},
		},
		"refused":           {"a", right, monitor.ErrOtherRequest, http.StatusBadRequest, []string{"a different request"}},
		"the store is down": {"a", right, failure.Unavailable("down", nil), http.StatusServiceUnavailable, []string{"down"}},
		"a bug":             {"a", right, errors.New("secret"), http.StatusInternalServerError, []string{"internal error"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			started := false
			w := post(func(_ context.Context, r monitor.Request) (monitor.Started, error) {
				started = r.ID == "a" && r.Budget == 40*time.Second
				return monitor.Started{}, tt.err
			}, tt.id, tt.body)
			if w.Code != tt.status || started != (tt.status != http.StatusBadRequest || tt.err != nil) {
				t.Errorf("%d %s, started %t, want %d", w.Code, w.Body, started, tt.status)
			}
			for _, want := range tt.names {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("%s does not name %q", w.Body, want)
				}
			}
			if strings.Contains(w.Body.String(), "secret") {
				t.Errorf("the cause is shown: %s", w.Body)
			}
		})
	}
}

// The answer says what is in force, and what looks like a mistake.
func TestAnswer(t *testing.T) {
	t.Parallel()
	usualLists := job.Lists{Pending: "job", Processing: "job:processing", Results: "job:results"}
	const (
		shared = "plugin_info.queue: a list of it is also used by the living "
		advice = ", so each job counts the items of the others; give each one lists or a database of its own"
	)
	tests := map[string]struct {
		path, body string
		spec       job.Spec
		sharing    monitor.Sharing
		want       start.Answer
	}{
		"as asked for": {
			"a", `{"plugin":"kubejobs","collect_period":2,"plugin_info":{"expected_time":40}}`,
			job.Spec{
				Items: 7, Budget: 40 * time.Second, Submitted: noon(), Period: 2 * time.Second,
				Queue: job.Queue{Address: job.Address{Host: "fd00::1", Port: 6379}}, Strategy: "default",
			},
			monitor.Sharing{},
			start.Answer{
				Items: 7, Period: 2, Budget: 40, Submitted: noon(), Deadline: noon().Add(40 * time.Second),
				Queue: "[fd00::1]:6379", Lists: usualLists, Strategy: "default", Warnings: []string{},
			},
		},
		"another period, a deadline that passed, unknown names": {
			"a?colour=red&b=1", `{"plugin":"kubejobs","colect_period":7,"collect_period":7,"plugin_info":{"expected_time":40}}`,
			job.Spec{Items: 7, Budget: 40 * time.Second, Submitted: noon().Add(-time.Minute), Period: 7 * time.Second, Strategy: "pid"},
			monitor.Sharing{},
			start.Answer{
				Items: 7, Period: 6, Budget: 40, Submitted: noon().Add(-time.Minute), Deadline: noon().Add(-20 * time.Second),
				Queue: ":0", Lists: usualLists, Strategy: "pid", Warnings: []string{
					"colect_period: unknown field, ignored; is collect_period meant?",
					"b: unknown parameter in the query, ignored; fields belong in the body",
					"colour: unknown parameter in the query, ignored; fields belong in the body",
					"collect_period: 7s was asked for, 6s is in force (the longest even period that is not longer; MIN_PERIOD is the shortest)",
					"plugin_info.submission_time: the deadline passed 20s before the start",
				},
			},
		},
		"a queue of its own": {
			"a", `{"plugin":"kubejobs","plugin_info":{"expected_time":40}}`,
			job.Spec{
				Items: 7, Budget: 40 * time.Second, Submitted: noon(), Period: 2 * time.Second, Strategy: "default",
				Queue: job.Queue{Address: job.Address{Host: "r", Port: 1}, Database: 3, Lists: job.Lists{Pending: "p"}},
			},
			monitor.Sharing{SharedWith: []job.ID{"b"}, SharedCount: 1},
			start.Answer{
				Items: 7, Period: 2, Budget: 40, Submitted: noon(), Deadline: noon().Add(40 * time.Second), Queue: "r:1", Database: 3,
				Lists: job.Lists{Pending: "p", Processing: "job:processing", Results: "job:results"}, Strategy: "default",
				Warnings: []string{shared + "job b" + advice},
			},
		},
		"a queue of many jobs": {
			"a", `{"plugin":"kubejobs","plugin_info":{"expected_time":40}}`,
			job.Spec{Budget: 40 * time.Second, Submitted: noon(), Period: 2 * time.Second},
			monitor.Sharing{SharedWith: []job.ID{"b", "c", "d"}, SharedCount: 7},
			start.Answer{
				Period: 2, Budget: 40, Submitted: noon(), Deadline: noon().Add(40 * time.Second), Queue: ":0", Lists: usualLists,
				Warnings: []string{shared + "jobs b, c, d and 4 more" + advice},
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := post(func(context.Context, monitor.Request) (monitor.Started, error) {
				return monitor.Started{Spec: tt.spec, Sharing: tt.sharing}, nil
			}, tt.path, tt.body)
			var got start.Answer
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusAccepted {
				t.Fatalf("%d %s: %v", w.Code, w.Body, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if strings.Contains(w.Body.String(), "null") {
				t.Errorf("the answer has a null: %s", w.Body)
			}
		})
	}
}

func TestLargeBody(t *testing.T) {
	t.Parallel()
	body := func(size int) string {
		const request = `{"plugin":"kubejobs","plugin_info":{"expected_time":40}}`
		return request + strings.Repeat(" ", size-len(request))
	}
	for name, tt := range map[string]struct{ size, status int }{
		"64 KiB":              {64 << 10, http.StatusAccepted},
		"64 KiB and one byte": {64<<10 + 1, http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := post(func(context.Context, monitor.Request) (monitor.Started, error) { return monitor.Started{}, nil }, "a", body(tt.size))
			if w.Code != tt.status || (w.Code != http.StatusAccepted && !strings.Contains(w.Body.String(), "65536")) {
				t.Errorf("%d %s, want %d and the bound named", w.Code, w.Body, tt.status)
			}
		})
	}
}
