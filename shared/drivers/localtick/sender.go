package localtick

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/google/uuid"

	"kubejobs/shared/core/job"
)

// Retries of a tick, as PingSource's adapter makes them: five, after 100, 200,
// 400, 800 and 1600 ms, on 404, 413, 425, 429, 502, 503, 504 and transport
// errors.
const (
	retries = 5
	backoff = 50 * time.Millisecond
)

// attemptTimeout ends an attempt that gets no answer. PingSource's adapter has no
// such timeout, but here nothing else would end the attempt.
const attemptTimeout = 30 * time.Second

// defaultSenders is the default of Options.Senders.
const defaultSenders = 256

// Reason says why no sink took a tick.
type Reason string

// Reasons.
const (
	ReasonBusy   Reason = "busy"   // the job's previous tick was still under way
	ReasonFailed Reason = "failed" // no attempt was answered 2xx
)

// sender sends ticks.
type sender struct {
	client cloudevents.Client
	jitter time.Duration
	now    func() time.Time
	lost   func(Reason)
	log    *slog.Logger
}

func newSender(o Options, log *slog.Logger) (*sender, error) {
	client, err := newClient(o)
	if err != nil {
		return nil, err
	}
	s := &sender{client: client, jitter: o.Jitter, now: o.Now, lost: o.Lost, log: log}
	if s.lost == nil {
		s.lost = func(Reason) {}
	}
	return s, nil
}

// tick sends a tick of a job, after its jitter, until ctx ends. It is lost if the previous one is
// still under way, as busy says: a sink that does not answer would otherwise have ever
// more of them.
func (s *sender) tick(ctx context.Context, id job.ID, life int64, busy *atomic.Bool) {
	if !waitJitter(ctx, s.jitter) {
		return
	}
	if !busy.CompareAndSwap(false, true) {
		s.lost(ReasonBusy)
		s.log.DebugContext(ctx, "tick lost: the previous one is under way", "job", id)
		return
	}
	defer busy.Store(false)
	event := Event(id, life, uuid.NewString(), s.now())
	result := s.client.Send(cloudevents.ContextWithRetriesExponentialBackoff(ctx, backoff, retries), event)
	if !cloudevents.IsACK(result) && ctx.Err() == nil {
		s.lost(ReasonFailed)
		s.log.WarnContext(ctx, "tick lost", "job", id, "tick", event.ID(), "error", result)
	}
}

// newClient returns a client that sends each event on a new connection, as
// PingSource's adapter does. DisableKeepAlives would do that too, but would add
// the header "Connection: close".
func newClient(o Options) (cloudevents.Client, error) {
	senders := o.Senders
	if senders == 0 {
		senders = defaultSenders
	}
	var transport http.RoundTripper = bounded{&http.Transport{MaxIdleConnsPerHost: -1}, make(chan struct{}, senders)}
	if o.Wrap != nil {
		transport = o.Wrap(transport)
	}
	protocol, err := cloudevents.NewHTTP(
		cloudevents.WithTarget(o.Sink),
		cloudevents.WithHeader("Kn-Namespace", Namespace),
		cehttp.WithClient(http.Client{
			Timeout:   attemptTimeout,
			Transport: transport,
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("sender of ticks to %s: %w", o.Sink, err)
	}
	client, err := cloudevents.NewClient(protocol)
	if err != nil {
		return nil, fmt.Errorf("sender of ticks to %s: %w", o.Sink, err)
	}
	return client, nil
}

// bounded bounds the requests under way. Ticks that wait for a retry do not count.
type bounded struct {
	next  http.RoundTripper
	slots chan struct{}
}

// RoundTrip implements http.RoundTripper. It waits until a request may be made.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case b.slots <- struct{}{}:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	release := sync.OnceFunc(func() { <-b.slots })
	response, err := b.next.RoundTrip(r)
	if err != nil {
		release()
		return nil, err
	}
	response.Body = releasing{response.Body, release}
	return response, nil
}

// releasing is a body that calls release when it is closed.
type releasing struct {
	io.ReadCloser
	release func()
}

func (r releasing) Close() error {
	defer r.release()
	return r.ReadCloser.Close()
}

// waitJitter waits for a random time below jitter. It returns false if ctx ended
// first.
func waitJitter(ctx context.Context, jitter time.Duration) bool {
	if jitter <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(rand.N(jitter)) //nolint:gosec // it spreads load and protects nothing
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
