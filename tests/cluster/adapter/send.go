package adapter

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/util/uuid"
)

const (
	maxJitter  = 500 * time.Millisecond
	retries    = 5
	firstDelay = 100 * time.Millisecond // doubles with each retry
)

// retried are the statuses after which a tick is retried.
var retried = map[int]bool{
	http.StatusNotFound:              true,
	http.StatusRequestEntityTooLarge: true,
	http.StatusTooEarly:              true,
	http.StatusTooManyRequests:       true,
	http.StatusBadGateway:            true,
	http.StatusServiceUnavailable:    true,
	http.StatusGatewayTimeout:        true,
}

// tick sends an event, with retries. It uses a new connection and has no timeout.
func (a *Adapter) tick(ctx context.Context, s source, url string) {
	id := string(uuid.NewUUID())
	if !a.options.NoJitter && !wait(ctx, rand.N(maxJitter)) {
		return
	}
	header, body := s.event(id, time.Now())
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	delay := firstDelay
	for range retries {
		if attempt(ctx, client, url, header, body) || !wait(ctx, delay) {
			return
		}
		delay *= 2
	}
	attempt(ctx, client, url, header, body) // if it fails, the tick is lost
}

// attempt sends an event once. It returns false if a retry must follow.
func attempt(ctx context.Context, client *http.Client, url string, header http.Header, body []byte) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return true // a retry would fail, too
	}
	request.Header = header.Clone()
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return !retried[response.StatusCode]
}

// wait waits for d. It returns false if ctx ends first.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
