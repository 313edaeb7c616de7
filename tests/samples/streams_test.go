package samples_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tmaxmax/go-sse"

	"kubejobs/functions/stream"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/proctest"
)

// client is an SSE client that records what it receives.
type client struct {
	ended chan error // the error that it ended with
	leave func()

	mu      sync.Mutex
	samples []int64
	phases  []string
	streams int // number of streams so far
	lastID  string
}

// listen follows job a. The client connects again while the answer is 200.
func (j *job) listen() *client {
	j.t.Helper()
	ctx, leave := context.WithCancel(j.t.Context())
	c := &client{ended: make(chan error, 1), leave: leave}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, j.URL+"/monitoring/a/events", http.NoBody)
	if err != nil {
		j.t.Fatal(err)
	}
	source := sse.Client{ResponseValidator: func(r *http.Response) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.streams++
		return sse.DefaultValidator(r)
	}}
	connection := source.NewConnection(r)
	connection.SubscribeToAll(c.take)
	go func() { c.ended <- connection.Connect() }()
	j.t.Cleanup(leave)
	return c
}

func (c *client) take(e sse.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e.Type {
	case "sample":
		var s monitor.TimedSample
		if json.Unmarshal([]byte(e.Data), &s) != nil || !strings.HasPrefix(e.LastEventID, strconv.FormatInt(s.Timestamp, 10)) {
			s.Timestamp = -1
		}
		c.samples = append(c.samples, s.Timestamp)
	case "phase":
		c.phases = append(c.phases, e.Data)
	}
	c.lastID = e.LastEventID
}

func (c *client) has(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.samples) >= n
}

func (c *client) connected() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.streams
}

// expect compares what the client has received.
func (c *client) expect(t *testing.T, samples []int64, phases ...string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if diff := cmp.Diff(samples, c.samples); diff != "" {
		t.Errorf("samples over %d streams (-want +got):\n%s", c.streams, diff)
	}
	if diff := cmp.Diff(phases, c.phases); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
}

// await waits until the client ends because the answer was 204.
func (c *client) await(t *testing.T) {
	t.Helper()
	select {
	case err := <-c.ended:
		if err == nil || !strings.Contains(err.Error(), "204") {
			t.Errorf("the client ended with %v, want 204", err)
		}
	case <-time.After(proctest.Patience):
		t.Fatal("the client does not stop connecting")
	}
}

// short returns options of streams that end soon.
func short() stream.Options {
	return stream.Options{
		Length: 150 * time.Millisecond, Retry: 20 * time.Millisecond,
		MinPoll: 10 * time.Millisecond, MaxPoll: 20 * time.Millisecond,
	}
}

const (
	pending  = `{"phase":"pending","reason":""}`
	running  = `{"phase":"running","reason":""}`
	finished = `{"phase":"finished","reason":"the queue is empty; 0 of 1000 items have a result"}`
)

// A client receives each sample of a job once, over several streams, and stops when
// the job has ended.
func TestEverySampleOnce(t *testing.T) {
	t.Parallel()
	j := start(t, short())
	c := j.listen()
	proctest.Until(t, "the client is connected", func() bool { return c.connected() > 0 })
	var want []int64
	for c.connected() < 6 {
		want = append(want, j.tick(2*time.Second))
		if len(want)%4 == 0 { // so that some arrive alone and some together
			proctest.Until(t, "the samples so far", func() bool { return c.has(len(want)) })
		}
		if len(want) > 10_000 {
			t.Fatal("the streams do not end")
		}
	}
	j.Fill(0, 0, 0)
	want = append(want, j.tick(2*time.Second))
	c.await(t)
	c.expect(t, want, pending, running, finished)
	t.Logf("%d samples over %d streams", len(want), c.connected())
}

// A client that connects late receives the last sample. One that names the last sample
// that it has seen receives the rest.
func TestLateClients(t *testing.T) {
	t.Parallel()
	j := start(t, short())
	var at []int64
	for range 5 {
		at = append(at, j.tick(2*time.Second))
	}
	j.Fill(0, 0, 0)
	at = append(at, j.tick(2*time.Second))
	c := j.listen()
	c.await(t)
	c.expect(t, at[5:], finished)
	if want := strconv.FormatInt(at[5], 10) + ".finished"; c.lastID != want {
		t.Errorf("last id %q, want %q", c.lastID, want)
	}
	for name, tt := range map[string]struct {
		header, query string
		want          []int64
	}{
		"by the header": {strconv.FormatInt(at[2], 10), "", at[3:]},
		"by the query":  {"", "?last_event_id=" + strconv.FormatInt(at[0], 10), at[1:]},
		"from 0 on":     {"0", "", at},
	} {
		t.Run(name, func(t *testing.T) {
			got := j.Call(http.MethodGet, "/monitoring/a/events"+tt.query, "", "Last-Event-ID", tt.header)
			var samples []int64
			for e, err := range sse.Read(strings.NewReader(got.Body), nil) {
				if err != nil {
					t.Fatal(err)
				}
				if e.Type == "sample" {
					at, _ := strconv.ParseInt(e.LastEventID, 10, 64)
					samples = append(samples, at)
				}
			}
			if diff := cmp.Diff(tt.want, samples); diff != "" {
				t.Errorf("samples (-want +got):\n%s", diff)
			}
		})
	}
	if got := j.Call(http.MethodGet, "/monitoring/a/events", "", "Last-Event-ID", c.lastID); got.Status != 204 || got.Body != "" {
		t.Errorf("with nothing new: %d %q, want 204", got.Status, got.Body)
	}
}

// The state Redis stops and restarts with its data during a stream: the client misses
// nothing and stays connected.
func TestStateRedisOutage(t *testing.T) {
	t.Parallel()
	o := short()
	o.Length = time.Minute
	j := start(t, o, "--appendonly", "yes", "--appendfsync", "always")
	want := []int64{j.tick(2 * time.Second)}
	c := j.listen()
	proctest.Until(t, "the first sample", func() bool { return c.has(1) })
	for range 2 {
		j.State.Stop()
		proctest.Until(t, "the state Redis is unreachable", func() bool {
			return j.Call(http.MethodGet, "/monitoring/a", "").Status == http.StatusServiceUnavailable
		})
		j.State.Restart()
		proctest.Until(t, "the state Redis is reachable", func() bool {
			return j.Call(http.MethodGet, "/monitoring/a", "").Status == http.StatusOK
		})
		want = append(want, j.tick(2*time.Second))
		proctest.Until(t, "the sample after the outage", func() bool { return c.has(len(want)) })
	}
	if got := c.connected(); got != 1 {
		t.Errorf("got %d streams, want only the first one", got)
	}
	c.leave()
	if err := <-c.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the client ended with %v", err)
	}
	c.expect(t, want)
}

// A server that shuts down does not wait for a stream to end.
func TestDrainEndsStreams(t *testing.T) {
	t.Parallel()
	j := start(t, stream.Options{Length: time.Hour})
	want := []int64{j.tick(2 * time.Second)}
	c := j.listen()
	proctest.Until(t, "the first sample", func() bool { return c.has(1) })
	ctx, cancel := context.WithTimeout(t.Context(), proctest.Patience)
	defer cancel()
	if err := j.Set.Drain(ctx); err != nil {
		t.Errorf("Drain: %v", err)
	}
	c.expect(t, want)
}
