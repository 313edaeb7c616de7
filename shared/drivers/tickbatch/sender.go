package tickbatch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
)

const (
	// sendTimeout bounds an attempt. A tick takes at most 10 s, and a batch begins 16 of
	// its 50 at once; one that takes longer is sent again.
	sendTimeout = 15 * time.Second
	// maxAnswer bounds an answer that is read: all jobs of a batch.
	maxAnswer = 16 << 10
	// idlePerHost is how many connections stay open: as many as batches are under way.
	idlePerHost = 64
)

// Path is where batches are taken, below the sink of ticks.
const Path = "ticks"

// Options holds the settings of a Sender.
type Options struct {
	Sink string                                    // URL of the functions that tick
	Key  Key                                       // that signs
	Wrap func(http.RoundTripper) http.RoundTripper // wraps the transport; nil: no wrapper
	Now  func() time.Time
}

// Sender is a monitor.Batches over HTTP. It keeps connections open; what is between it and
// the sink spreads its requests over instances.
type Sender struct {
	options Options
	url     string
	client  *http.Client
}

var _ monitor.Batches = (*Sender)(nil)

// New returns a Sender.
func New(o Options) (*Sender, error) {
	target, err := url.JoinPath(o.Sink, Path)
	if err != nil {
		return nil, errors.New("want a URL")
	}
	var transport http.RoundTripper = &http.Transport{MaxIdleConnsPerHost: idlePerHost, IdleConnTimeout: 30 * time.Second}
	if o.Wrap != nil {
		transport = o.Wrap(transport)
	}
	return &Sender{options: o, url: target, client: &http.Client{
		Transport: transport, Timeout: sendTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Send implements monitor.Batches.
func (s *Sender) Send(ctx context.Context, b monitor.Batch) ([]monitor.Due, error) {
	key, err := s.options.Key(ctx)
	if err != nil {
		return nil, err
	}
	body, err := write(b, s.options.Now())
	if err != nil {
		return nil, fmt.Errorf("encode batch: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("send batch: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(monitor.BatchSignatureHeader, sign(key, body))
	response, err := s.client.Do(r)
	if err != nil {
		return nil, failure.Unavailable("the functions that tick do not answer", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	switch {
	case err != nil:
		return nil, failure.Unavailable("the functions that tick do not answer", err)
	case retryable(response.StatusCode):
		return nil, failure.Unavailable("the functions that tick are not ready", fmt.Errorf("status %d", response.StatusCode))
	case response.StatusCode != http.StatusOK:
		return nil, failure.Refused("the functions that tick refuse the batch (TICK_SINK)", fmt.Errorf("status %d", response.StatusCode))
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, failure.Refused("the answer to the batch is none of kubejobs' (TICK_SINK)", err)
	}
	return within(b.Due, a.Again), nil
}

// retryable reports whether the same request may succeed later: the statuses after which
// PingSource's adapter repeats an event, and 401, as the key may have been replaced.
func retryable(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusNotFound, http.StatusRequestEntityTooLarge, http.StatusTooEarly,
		http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// within returns the jobs of an answer that were in the batch.
func within(batch, again []monitor.Due) []monitor.Due {
	asked := map[monitor.Due]bool{}
	for _, due := range again {
		asked[due] = true
	}
	var kept []monitor.Due
	for _, due := range batch {
		if asked[due] {
			kept = append(kept, due)
		}
	}
	return kept
}
