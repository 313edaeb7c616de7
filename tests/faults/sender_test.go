package faults_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/proctest"
)

// gaps are the delays between the attempts of PingSource's adapter.
var gaps = []time.Duration{
	100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond,
}

// retried are the statuses after which the adapter retries.
var retried = []int{404, 413, 425, 429, 502, 503, 504}

// deliver makes one attempt to deliver a tick.
func (s *system) deliver(ctx context.Context, id, tick string) (int, monitor.Outcome, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/", strings.NewReader(fmt.Sprintf(`{"app_id":%q}`, id)))
	if err != nil {
		return 0, "", err
	}
	for name, value := range map[string]string{
		"Ce-Id": tick, "Ce-Source": "/apis/v1/namespaces/default/pingsources/" + id, "Ce-Specversion": "1.0",
		"Ce-Type": "dev.knative.sources.ping", "Content-Type": "application/json",
	} {
		request.Header.Set(name, value)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode, monitor.Outcome(response.Header.Get("Kubejobs-Outcome")), nil
}

// send delivers a tick as the adapter does, with up to six attempts. It returns the
// outcome, "" if no attempt was acknowledged, and the last status.
func (s *system) send(ctx context.Context, id, tick string) (monitor.Outcome, int) {
	last := 0
	for attempt := range len(gaps) + 1 {
		status, outcome, err := s.deliver(ctx, id, tick)
		if last = status; err == nil && !slices.Contains(retried, status) {
			return outcome, status
		}
		if attempt < len(gaps) {
			select {
			case <-time.After(gaps[attempt]):
			case <-ctx.Done():
				return "", last
			}
		}
	}
	return "", last
}

// period is the time between two ticks of a job.
const period = 500 * time.Millisecond

// ticker sends the ticks of some jobs, each at its own pace, as PingSources do: a tick
// does not wait for the one before.
type ticker struct {
	*system

	jobs  []string
	every time.Duration
	// refused is how many samples of a job its Redis may have refused: such a tick is
	// acknowledged, as repeating it would not help.
	refused int64
	stop    chan struct{}
	ended   sync.WaitGroup

	mu    sync.Mutex
	count map[string]*count // by job
}

// count holds the results of the ticks of a job.
type count struct {
	sent     int
	outcomes map[monitor.Outcome][]string // ids of the acknowledged ticks
	lost     []string                     // ids of ticks whose six attempts failed
	statuses map[int]int                  // of attempts that ended a tick without an outcome
	resumed  time.Time                    // of the first sample after the last mark
}

func newCount() *count {
	return &count{outcomes: map[monitor.Outcome][]string{}, statuses: map[int]int{}}
}

// tick starts to send ticks of jobs.
func (s *system) tick(jobs []string) *ticker { return s.tickEvery(period, jobs) }

func (s *system) tickEvery(every time.Duration, jobs []string) *ticker {
	t := &ticker{system: s, jobs: jobs, every: every, stop: make(chan struct{}), count: map[string]*count{}}
	for _, id := range jobs {
		t.count[id] = newCount()
	}
	for i, id := range jobs {
		t.ended.Go(func() {
			time.Sleep(every * time.Duration(i) / time.Duration(len(jobs)))
			t.run(id)
		})
	}
	return t
}

func (t *ticker) run(id string) {
	next := time.NewTicker(t.every)
	defer next.Stop()
	for {
		select {
		case <-t.stop:
			return
		case <-next.C:
			t.ended.Go(func() { t.one(id, uuid.NewString()) })
		}
	}
}

// one sends a tick. If its six attempts fail, it is lost, and a PingSource would leave it
// at that; one sends it again until it is taken, so that its result is certain.
func (t *ticker) one(id, tick string) {
	c := t.count[id]
	t.with(func() { c.sent++ })
	outcome, status := t.send(t.t.Context(), id, tick)
	for again := 0; outcome == "" && again < maxAgain && t.t.Context().Err() == nil; again++ {
		t.with(func() {
			c.statuses[status]++
			if again == 0 {
				c.lost = append(c.lost, tick)
			}
		})
		time.Sleep(t.every)
		outcome, status = t.send(t.t.Context(), id, tick)
	}
	t.with(func() {
		c.outcomes[outcome] = append(c.outcomes[outcome], tick)
		if outcome == monitor.OutcomeSampled && c.resumed.IsZero() {
			c.resumed = time.Now()
		}
	})
}

// maxAgain bounds how often a lost tick is sent again, six attempts each time.
const maxAgain = 30

func (t *ticker) with(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f()
}

// mark begins to wait for the next sample of each job.
func (t *ticker) mark() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.count {
		c.resumed = time.Time{}
	}
}

// resumed waits until each job has had a sample since the mark. It returns how long
// after since the last one had its first.
func (t *ticker) resumed(since time.Time) time.Duration {
	t.t.Helper()
	deadline := time.Now().Add(max(4*proctest.Patience, 6*t.every))
	for {
		last, waits := t.lastResumed(since)
		if len(waits) == 0 {
			return last.Sub(since)
		}
		if time.Now().After(deadline) {
			t.with(func() {
				t.t.Fatalf("%d jobs are not sampled again, among them %s: %+v", len(waits), waits[0], t.count[waits[0]].statuses)
			})
		}
		<-time.After(10 * time.Millisecond)
	}
}

// lastResumed returns when the last job had its first sample since the mark, and the jobs
// that had none.
func (t *ticker) lastResumed(last time.Time) (time.Time, []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var waits []string
	for id, c := range t.count {
		if c.resumed.IsZero() {
			waits = append(waits, id)
		} else if c.resumed.After(last) {
			last = c.resumed
		}
	}
	return last, waits
}

// end stops the ticks and waits until all of them are taken. It returns how many were
// lost.
func (t *ticker) end() int {
	t.t.Helper()
	close(t.stop)
	t.ended.Wait()
	lost := 0
	for _, c := range t.count {
		lost += len(c.lost)
	}
	return lost
}

// fault is what the jobs of a ticker suffer.
type fault struct {
	what   string
	begin  func()
	lasts  time.Duration
	heal   func() // nil: it heals by itself
	within bool   // the time to resume counts from the begin, not from the heal
}

// suffer lets the jobs of a ticker run for a while, injects a fault, heals it, and waits
// until every job is sampled again. It logs the figures.
func (t *ticker) suffer(f fault) {
	t.t.Helper()
	t.mark()
	t.resumed(time.Now())
	began := time.Now()
	if f.begin(); f.lasts > 0 {
		time.Sleep(f.lasts)
	}
	if f.heal != nil {
		f.heal()
	}
	since := time.Now()
	if f.within {
		since = began
	}
	t.mark()
	took := t.resumed(since)
	t.mark()
	t.resumed(time.Now()) // and goes on
	lost, sent, blind := t.end(), 0, 0
	for _, c := range t.count {
		sent += c.sent
		blind += len(c.outcomes[monitor.OutcomeFailed])
	}
	t.t.Logf("figures of %s: %d jobs resume after %.1f s; of %d ticks %d lost, %d without a queue",
		f.what, len(t.jobs), took.Seconds(), sent, lost, blind)
}
