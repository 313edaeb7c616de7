package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Times between a call and its repetition.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = 2 * time.Second
	// maxWait bounds what a Retry-After may ask for.
	maxWait = 5 * time.Second
)

// call is one request.
type call struct {
	method string
	path   []string // elements, which are escaped
	query  url.Values
	body   []byte
	want   int // status of a success
}

// get returns the call that reads a path.
func get(path ...string) call {
	return call{method: http.MethodGet, path: path, want: http.StatusOK}
}

// do makes a call, repeats it if that is safe, and decodes the answer into into, unless
// that is nil.
func (c *Client) do(ctx context.Context, what call, into any) error {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	pause := firstPause
	for retries := c.options.Retries; ; retries-- {
		wait, err := c.once(ctx, what, into)
		if err == nil || retries <= 0 || !what.repeatable(err) {
			return err
		}
		if wait == 0 {
			wait = pause/2 + rand.N(pause) //nolint:gosec // no secret
		}
		pause = min(2*pause, maxPause)
		if sleep(ctx, wait) != nil {
			return err
		}
	}
}

// sleep waits, or returns the error of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// repeatable reports whether the call may be made again after err. Another call than a GET
// may if it was never sent, or if the server itself answered that it cannot now: the same
// start changes nothing if the job is living, nor does the same stop.
func (w call) repeatable(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	if !ok || !errors.Is(err, ErrUnavailable) {
		return false
	}
	if w.method == http.MethodGet {
		return true
	}
	dial, ok := errors.AsType[*net.OpError](err)
	return failed.Status == http.StatusServiceUnavailable || ok && dial.Op == "dial"
}

// once makes a call once. It also returns how long the server wants to be left alone.
func (c *Client) once(ctx context.Context, what call, into any) (time.Duration, error) {
	request, err := c.request(ctx, what)
	if err != nil {
		return 0, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, c.unanswered(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return 0, c.unanswered(err)
	case len(body) > maxAnswer:
		return 0, c.foreign(response.StatusCode, fmt.Sprintf("answers more than %d bytes", maxAnswer))
	case response.StatusCode != what.want:
		return retryAfter(response), c.refusal(response, body)
	case into == nil || json.Unmarshal(body, into) == nil:
		return 0, nil
	}
	return 0, c.refusal(response, body)
}

// request returns the HTTP request of a call.
func (c *Client) request(ctx context.Context, what call) (*http.Request, error) {
	target := c.base.JoinPath(escaped(what.path)...)
	target.RawQuery = what.query.Encode()
	request, err := http.NewRequestWithContext(ctx, what.method, target.String(), bytes.NewReader(what.body))
	if err != nil {
		return nil, &Error{Kind: ErrInvalid, Message: printable(err.Error()), Err: err}
	}
	request.Header.Set("Accept", "application/json")
	if what.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.options.Token != "" {
		request.Header.Set("Authorization", "Bearer "+string(c.options.Token))
	}
	return request, nil
}

func escaped(path []string) []string {
	elements := make([]string, len(path))
	for i, element := range path {
		elements[i] = url.PathEscape(element)
	}
	return elements
}

// retryAfter returns the seconds of a Retry-After, 0 if there are none.
func retryAfter(response *http.Response) time.Duration {
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxWait)
}
