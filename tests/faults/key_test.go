package faults_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// A key of the state Redis has a wrong type. A job's own key concerns that job alone,
// changes nothing of it half, and a stop discards it. The index concerns calls that read
// it, but no tick; the status of the Kubernetes Job only ticks that use it.
func TestWrongTypeAtEachKey(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		key           string // {} stands for the job's hash tag
		tick          monitor.Outcome
		sweep, report int
		source        string // JOB_STATUS; "" is queue
	}{
		"state":             {"monitor:{}:state", monitor.OutcomeUnreadable, 200, 400, ""},
		"ticks":             {"monitor:{}:ticks", monitor.OutcomeUnreadable, 200, 202, ""},
		"order":             {"monitor:{}:order", monitor.OutcomeUnreadable, 200, 202, ""},
		"history":           {"monitor:{}:history", monitor.OutcomeUnreadable, 200, 202, ""},
		"job status":        {"monitor:{}:job", monitor.OutcomeUnreadable, 200, 400, config.JobStatusEvents},
		"unused job status": {"monitor:{}:job", monitor.OutcomeSampled, 200, 202, config.JobStatusQueue},
		"suspicions":        {"monitor:{}:suspect", monitor.OutcomeSampled, 200, 202, ""},
		"users of job":      {"monitor:queue:*", monitor.OutcomeSampled, 200, 202, ""},
		"index":             {"monitor:index", monitor.OutcomeSampled, 503, 202, ""},
	}
	for name, tt := range tests {
		for _, kind := range []string{"text", "stream"} {
			t.Run(name+" is a "+kind, func(t *testing.T) {
				t.Parallel()
				w := startDamaged(t, tt.source)
				w.damage(tt.key, kind)
				before := w.revision()
				w.expectTick("kj-000", tt.tick)
				if after := w.revision(); tt.tick == monitor.OutcomeUnreadable && after != before {
					t.Errorf("a tick that was %s changed the revision from %q to %q", tt.tick, before, after)
				}
				w.expectTick("kj-001", monitor.OutcomeSampled)
				w.expect(http.MethodPost, "/sweep", tt.sweep)
				w.expect(http.MethodGet, "/monitoring", tt.sweep)
				w.expect(http.MethodGet, "/monitoring/kj-000/report", tt.report)
				w.recover(tt.tick)
			})
		}
	}
}

// damaged is a system with two jobs; a key of the first is damaged.
type damaged struct {
	*system
	parts

	queue *redistest.Server
	key   string
}

func startDamaged(t *testing.T, source string) *damaged {
	t.Helper()
	w := &damaged{parts: partsOf(t), queue: redistest.Start(t)}
	w.system = open(t, map[string]string{
		"STATE_REDIS_URL": w.proxy.URL(), "JOB_STATUS": cmp.Or(source, config.JobStatusQueue),
	}, nil)
	fill(t, w.queue.Client())
	for _, id := range ids(2) {
		w.start(id, w.queue.Address())
		w.expectTick(id, monitor.OutcomeSampled)
	}
	return w
}

// damage replaces a key by one of another type.
func (w *damaged) damage(key, kind string) {
	w.parts.t.Helper()
	w.key = strings.Replace(key, "{}", "{kj-000}", 1)
	if strings.HasSuffix(w.key, "*") {
		w.key = w.client.Keys(w.parts.t.Context(), w.key).Val()[0]
	}
	w.do("DEL", w.key)
	if kind == "text" {
		w.do("SET", w.key, "x")
	} else {
		w.do("XADD", w.key, "*", "a", "1")
	}
}

func (w *damaged) revision() string {
	return w.client.HGet(w.parts.t.Context(), stateKey("kj-000"), "rev").Val()
}

// expectTick sends a tick, which must be acknowledged at once.
func (w *damaged) expectTick(id string, want monitor.Outcome) {
	w.parts.t.Helper()
	status, got, err := w.deliver(w.parts.t.Context(), id, uuid.NewString())
	if err != nil || status != http.StatusOK || got != want {
		w.parts.t.Errorf("tick of %s: %d %q %v, want 200 %q", id, status, got, err, want)
	}
}

func (w *damaged) expect(method, path string, want int) {
	w.parts.t.Helper()
	status, text, err := w.call(w.parts.t.Context(), method, path, nil)
	if err != nil || status != want || (len(text) > 0 && !json.Valid(text)) {
		w.parts.t.Errorf("%s %s: %d %.200s %v, want %d", method, path, status, text, err, want)
	}
}

// recover does what the program's answers advise: it stops a job that is unreadable, and
// starts it again; or it deletes the key. Afterwards both jobs are sampled and listed.
func (w *damaged) recover(was monitor.Outcome) {
	w.parts.t.Helper()
	if was == monitor.OutcomeUnreadable {
		w.expect(http.MethodPut, "/monitoring/kj-000/stop", http.StatusNoContent)
		w.start("kj-000", w.queue.Address())
	} else {
		w.do("DEL", w.key)
		w.expect(http.MethodPost, "/sweep", http.StatusOK)
	}
	for _, id := range ids(2) {
		w.expectTick(id, monitor.OutcomeSampled)
	}
	proctest.Until(w.parts.t, "both jobs are listed", func() bool {
		_, text, err := w.call(w.parts.t.Context(), http.MethodGet, "/monitoring", nil)
		return err == nil && strings.Contains(string(text), `"kj-000"`) && strings.Contains(string(text), `"kj-001"`)
	})
}
