package client

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/tmaxmax/go-sse"

	"kubejobs/shared/core/failure"
)

// connection is one connection of a stream. Its goroutine ends with the context.
type connection struct {
	client *Client
	// opened gets a token when the stream begins.
	opened chan struct{}
	events chan sse.Event
	// alive holds a token after something arrived, a heartbeat too.
	alive chan struct{}
	// ended gets the reason why the stream ended, nil for an end that the server wanted.
	ended chan error
}

// connect makes the request of a stream.
func (c *Client) connect(ctx context.Context, what call, lastID string) *connection {
	conn := &connection{
		client: c, opened: make(chan struct{}, 1), events: make(chan sse.Event),
		alive: make(chan struct{}, 1), ended: make(chan error, 1),
	}
	go func() {
		defer failure.Rescue(func(err error) { conn.ended <- err })
		conn.ended <- conn.read(ctx, what, lastID)
	}()
	return conn
}

// read reads the stream until its end.
func (n *connection) read(ctx context.Context, what call, lastID string) error {
	request, err := n.client.request(ctx, what)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "text/event-stream")
	if lastID != "" {
		request.Header.Set("Last-Event-ID", lastID)
	}
	response, err := n.client.http.Do(request)
	if err != nil {
		return n.client.unanswered(err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNoContent {
		return errNothingMore
	}
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer)) // the status says enough
		return &refused{n.client.refusal(response, body), retryAfter(response)}
	}
	if !isEventStream(response) {
		return n.client.refusal(response, nil)
	}
	n.opened <- struct{}{}
	for event, err := range sse.Read(heard{response.Body, n.alive}, &sse.ReadConfig{MaxEventSize: maxAnswer}) {
		if err != nil {
			return n.client.unanswered(err)
		}
		select {
		case n.events <- event:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// refused is the error of an answer that is no stream, and when to try again.
type refused struct {
	error
	after time.Duration
}

func (r *refused) Unwrap() error { return r.error }

// heard is a body that tells when something arrives.
type heard struct {
	io.Reader
	alive chan<- struct{}
}

func (h heard) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if n > 0 {
		select {
		case h.alive <- struct{}{}:
		default:
		}
	}
	return n, err
}
