package functions

import (
	"context"
	"io"
	"net/http"
	"time"
)

// localTicks ends the ticks of the local scheduler in two steps: first no tick
// is sent or retried any more, then requests that are in flight are cut off. The zero
// value is for a set without that scheduler.
type localTicks struct {
	sending func() context.Context
	stop    context.CancelFunc
	finish  func(base http.RoundTripper) http.RoundTripper
	cut     context.CancelFunc
}

func newLocalTicks(ctx context.Context) localTicks {
	inFlight, cut := context.WithCancel(context.WithoutCancel(ctx))
	sending, stop := context.WithCancel(ctx)
	return localTicks{
		sending: func() context.Context { return sending },
		stop:    stop,
		finish:  func(base http.RoundTripper) http.RoundTripper { return finishing(inFlight, base) },
		cut:     cut,
	}
}

// StopTicks stops the local scheduler: it sends no new tick, ticks that wait for
// their jitter or for a retry are dropped, and a local sweep ends. Ticks in flight
// go on until Close.
func (s *Set) StopTicks() {
	if s.local == nil {
		return
	}
	s.ticks.stop()
	over, cancel := context.WithCancel(s.ticks.sending())
	cancel()
	_ = s.local.Stop(over) // endTicks waits
}

// endTicks stops the local scheduler, waits at most closeTimeout for ticks in flight
// and cuts off the others.
func (s *Set) endTicks(ctx context.Context) {
	if s.local == nil {
		return
	}
	s.StopTicks()
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if err := s.local.Stop(wait); err != nil {
		s.log.WarnContext(ctx, "ticks in flight are cut off", "after", closeTimeout, "error", err)
	}
	s.ticks.cut()
}

// roundTrip is a http.RoundTripper.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// finishing returns a transport whose requests go on after their context is
// cancelled, until their deadline or the end of inFlight: a tick that is half done
// would otherwise be cut off by the end of its sender.
func finishing(inFlight context.Context, base http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), timeLeft(r.Context()))
		forget := context.AfterFunc(inFlight, cancel)
		end := func() { forget(); cancel() }
		response, err := base.RoundTrip(r.WithContext(ctx))
		if err != nil {
			end()
			return nil, err
		}
		response.Body = &endingBody{response.Body, end}
		return response, nil
	})
}

// timeLeft returns how long a request may last.
func timeLeft(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return time.Until(deadline)
	}
	return time.Minute // more than any sender of ticks waits
}

// endingBody is a body that calls end when it is closed.
type endingBody struct {
	io.ReadCloser
	end func()
}

func (b *endingBody) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}
