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

// retried are the answers after which a tick is sent again.
var retried = map[int]bool{
	http.StatusNotFound:              true,
	http.StatusRequestEntityTooLarge: true,
	http.StatusTooEarly:              true,
	http.StatusTooManyRequests:       true,
	http.StatusBadGateway:            true,
	http.StatusServiceUnavailable:    true,
	http.StatusGatewayTimeout:        true,
}

// tick sends one event, again and again while the answer asks for it. It has a
// connection of its own and no limit of time.
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
	attempt(ctx, client, url, header, body) // now the tick is lost
}

// attempt tells whether the tick is done with.
func attempt(ctx context.Context, client *http.Client, url string, header http.Header, body []byte) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return true // it will not do better
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

// wait tells whether the time passed before ctx ended.
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
