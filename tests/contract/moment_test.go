package contract_test

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// moment says what a job's lists hold some time after its submission.
type moment struct {
	after                   time.Duration
	waiting, inFlight, done int
}

// job is a job that a test starts.
type job struct {
	id        string
	items     int
	budget    time.Duration
	submitted time.Time
}

// point is an expected sample.
type point struct {
	at                 time.Time
	share, time, error float64 // of the items, of the budget, and their difference
	replicas           int
}

// points returns the expected sample at each moment: completed / items, elapsed /
// budget, and the difference. While the lists have never held anything, they are not
// filled yet: nothing is completed.
func (j job) points(timeline []moment) []point {
	points := make([]point, len(timeline))
	begun := false
	for i, m := range timeline {
		completed := 0
		if begun = begun || m.waiting+m.inFlight+m.done > 0; begun {
			completed = max(j.items-m.waiting-m.inFlight, 0)
		}
		p := point{
			at: j.submitted.Add(m.after), replicas: m.inFlight,
			share: float64(completed) / float64(j.items), time: m.after.Seconds() / j.budget.Seconds(),
		}
		p.error = p.share - p.time
		points[i] = p
	}
	return points
}

// start fills the lists as at the moment first and starts a job.
func (w *world) start(t *testing.T, j job, first moment) {
	t.Helper()
	w.clock.set(j.submitted)
	w.fill(t, first.waiting, first.inFlight, first.done)
	if got := w.call(t, http.MethodPost, "/monitoring/"+j.id, w.body(j)); got.status != http.StatusAccepted {
		t.Fatalf("start of %s: got status %d, want 202; body %s", j.id, got.status, got.body)
	}
}

// body returns the body of the request that starts a job.
func (w *world) body(j job) string {
	return fmt.Sprintf(
		`{"plugin":"kubejobs","plugin_info":{"expected_time":%v,"number_of_jobs":%d,"submission_time":%q,`+
			`"redis_ip":"127.0.0.1","redis_port":%d},"collect_period":1}`,
		j.budget.Seconds(), j.items, j.submitted.Format("2006-01-02T15:04:05.000000")+"GMT", w.port)
}

// play plays a timeline: at each moment it fills the lists and sends a tick.
func (w *world) play(t *testing.T, j job, timeline []moment) {
	t.Helper()
	for _, m := range timeline {
		w.fill(t, m.waiting, m.inFlight, m.done)
		w.clock.set(j.submitted.Add(m.after))
		if got := w.tick(t, j.id); got != "sampled" {
			t.Fatalf("tick of %s after %v: got outcome %q, want sampled", j.id, m.after, got)
		}
	}
}

// tick sends a tick as PingSource's adapter does and returns its outcome.
func (w *world) tick(t *testing.T, id string) string {
	t.Helper()
	got := w.exchange(t, w.event(t, id))
	outcome := got.header.Get("Kubejobs-Outcome")
	if got.status != http.StatusOK || len(got.body) != 0 || outcome == "" {
		t.Fatalf("tick of %s: got status %d and body %.200q, want 200, no body and an outcome", id, got.status, got.body)
	}
	return outcome
}

// event returns the captured tick, changed to be of this job and of the clock's time.
func (w *world) event(t *testing.T, id string) []byte {
	t.Helper()
	head, _, _ := bytes.Cut(load(t, knativeFolder, "tick.http"), []byte("\r\n\r\n"))
	for name, value := range map[string]string{
		"Host":      w.addr,
		"Ce-Id":     fmt.Sprintf("797cfc38-d115-4603-ab57-%012d", w.ticks.Add(1)),
		"Ce-Source": "/apis/v1/namespaces/default/pingsources/" + id,
		"Ce-Time":   w.clock.now().Format(time.RFC3339Nano),
	} {
		head = setHeader(head, name, value)
	}
	return join(head, fmt.Appendf(nil, `{"app_id":"%s"}`, id))
}
