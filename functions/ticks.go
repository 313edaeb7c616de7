package functions

import (
	"context"
	"io"
	"net/http"
	"time"
)

// localTicks ends the ticks of the local scheduler in two steps.
type localTicks struct {
	stop context.CancelFunc // no tick is sent or retried any more
	cut  func()             // cuts off the requests in flight
}

// StopTicks stops the local scheduler: it sends no new tick, ticks that wait for
// their jitter or for a retry are dropped, and a local sweep ends. Ticks in flight
// go on until Close.
func (s *Set) StopTicks(ctx context.Context) {
	if s.ticks.stop != nil {
		s.ticks.stop()
	}
	if s.local == nil {
		return
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	_ = s.local.Stop(over) // endTicks waits
}

// endTicks stops the local scheduler, waits at most closeTimeout for ticks in flight
// and cuts off the others.
func (s *Set) endTicks(ctx context.Context) {
	s.StopTicks(ctx)
	if s.local == nil {
		return
	}
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
// cancelled, until their deadline or until cut is closed: a tick that is half done
// would otherwise be cut off by the end of its sender.
func finishing(cut <-chan struct{}, base http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), timeLeft(r.Context()))
		go func() {
			defer cancel()
			select {
			case <-cut:
			case <-ctx.Done():
			}
		}()
		response, err := base.RoundTrip(r.WithContext(ctx))
		if err != nil {
			cancel()
			return nil, err
		}
		response.Body = &endingBody{response.Body, cancel}
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
