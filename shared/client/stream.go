package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"mime"
	"net/http"
	"time"

	"github.com/tmaxmax/go-sse"
)

// Times of a stream. The server sends something each 2 s, and says 500 ms for reconnecting.
const (
	streamSlow    = 700 * time.Millisecond // after which an answer counts as late
	streamConnect = 5 * time.Second        // after which another connection is tried
	streamSilent  = 5 * time.Second        // after which a connection counts as dead
	streamRetry   = 500 * time.Millisecond
	streamMax     = 2 * time.Second
)

// errNothingMore ends a stream: the server has nothing more to send.
var errNothingMore = errors.New("nothing more will come")

// stream is a stream that resumes by itself.
type stream struct {
	client *Client
	// next returns the request of the next connection.
	next func() (what call, lastID string)
	// event handles a message; false ends the stream.
	event func(sse.Event) bool
	// lost and back are told once each when the server is lost, and answers again; false
	// ends the stream. nil tells nobody.
	lost func(error) bool
	back func() bool

	answered bool // a connection was open
	missing  bool // the server is lost
	heard    time.Time
}

// errStopped ends a stream because its reader wants no more.
var errStopped = errors.New("stopped")

// run reads the stream until its reader stops it, ctx ends or the server is lost for too
// long. The error is nil if the reader or the server ended it.
func (s *stream) run(ctx context.Context) error {
	s.heard = time.Now()
	for pause := streamRetry; ; {
		began := time.Now()
		err := s.once(ctx)
		switch {
		case errors.Is(err, errStopped), errors.Is(err, errNothingMore):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		}
		if err := s.judge(err); err != nil {
			if errors.Is(err, errStopped) {
				return nil
			}
			return err
		}
		if pause = min(2*pause, streamMax); err == nil || time.Since(began) > streamConnect {
			pause = streamRetry
		}
		wait := pause/2 + rand.N(pause/2) //nolint:gosec // no secret
		if refusal, ok := errors.AsType[*refused](err); ok {
			wait = max(wait, refusal.after)
		}
		if sleep(ctx, wait) != nil {
			return ctx.Err()
		}
	}
}

// judge decides after a connection whether to try again: nil if so. An end that the server
// wanted is no loss, nor is a connection that broke: only the next one says whether the
// server is there.
func (s *stream) judge(err error) error {
	if err == nil {
		return nil
	}
	patience := s.client.options.First
	if s.answered {
		patience = s.client.options.Patience
	}
	retryable := errors.Is(err, ErrUnavailable) || errors.Is(err, ErrInternal) || s.answered && errors.Is(err, ErrForeign)
	if !retryable || patience >= 0 && time.Since(s.heard) > patience {
		if refusal, ok := errors.AsType[*refused](err); ok {
			return refusal.error
		}
		return err
	}
	return s.miss(err)
}

// miss tells once that the server is lost.
func (s *stream) miss(err error) error {
	if s.missing {
		return nil
	}
	s.missing = true
	if refusal, ok := errors.AsType[*refused](err); ok {
		err = refusal.error
	}
	if s.lost != nil && !s.lost(err) {
		return errStopped
	}
	return nil
}

// once reads one connection. The error is nil if it was open.
func (s *stream) once(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	what, lastID := s.next()
	conn := s.client.connect(ctx, what, lastID)
	slow, limit := time.NewTimer(streamSlow), time.NewTimer(streamConnect)
	defer slow.Stop()
	defer limit.Stop()
	for {
		select {
		case <-conn.opened:
			if err := s.open(); err != nil {
				return err
			}
			return s.listen(ctx, conn)
		case err := <-conn.ended:
			select {
			case <-conn.opened: // and ended at once
				return s.open()
			default:
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-slow.C:
			if err := s.miss(silence("it does not answer")); err != nil {
				return err
			}
		case <-limit.C:
			return silence("it does not answer")
		}
	}
}

// open notes that a connection is open.
func (s *stream) open() error {
	was := s.missing
	s.answered, s.missing, s.heard = true, false, time.Now()
	if was && s.back != nil && !s.back() {
		return errStopped
	}
	return nil
}

// listen reads an open connection until it ends.
func (s *stream) listen(ctx context.Context, conn *connection) error {
	silent := time.NewTimer(streamSilent)
	defer silent.Stop()
	for {
		select {
		case event := <-conn.events:
			s.heard = time.Now()
			if !s.event(event) {
				return errStopped
			}
		case <-conn.alive:
			s.heard = time.Now()
			silent.Reset(streamSilent)
		case <-conn.ended: //nolint:errcheck // only the next connection says whether the server is there
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-silent.C:
			return s.miss(silence(fmt.Sprintf("nothing has come for %v", streamSilent)))
		}
	}
}

func silence(text string) error { return &Error{Kind: ErrUnavailable, Message: text} }

func isEventStream(response *http.Response) bool {
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	return err == nil && kind == "text/event-stream"
}
