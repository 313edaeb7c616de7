package otlp

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A request that may succeed later is sent again after a pause that grows from firstPause
// to longestPause, until patience has passed.
const (
	firstPause   = 5 * time.Second
	longestPause = 30 * time.Second
	patience     = time.Minute
)

// maxAnswer bounds how much of an answer is read, in bytes.
const maxAnswer = 4 << 20

// sender posts the requests of one signal.
type sender struct {
	settings
	client *http.Client
}

func newSender(signal string, report func(error)) (*sender, error) {
	read, err := variables{signal: signal, report: report}.read()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // the standard library's
	if read.tls != nil {
		transport.TLSClientConfig = read.tls
	}
	return &sender{settings: read, client: &http.Client{Transport: transport, Timeout: read.timeout}}, nil
}

// again is an error after which a request may succeed, not before the pause that the
// receiver asks for.
type again struct {
	error
	pause time.Duration
}

func (a again) Unwrap() error { return a.error }

// send posts a request until it is accepted or refused, or until ctx or the patience
// ends.
func (s *sender) send(ctx context.Context, request message) error {
	body, err := s.pack(request)
	if err != nil {
		return err
	}
	end := time.Now().Add(patience)
	for pause := firstPause; ; pause = min(pause*3/2, longestPause) {
		err := s.post(ctx, body)
		later, ok := errors.AsType[again](err)
		if !ok {
			return err
		}
		wait := max(later.pause, pause/2+rand.N(pause)) //nolint:gosec // spreads senders, no secret
		if time.Now().Add(wait).After(end) {
			return fmt.Errorf("max retry time would elapse: %w", err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
}

// pack compresses a request if the settings ask for it.
func (s *sender) pack(request message) ([]byte, error) {
	if !s.compress {
		return request, nil
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if _, err := zip.Write(request); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if err := zip.Close(); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return packed.Bytes(), nil
}

// post sends a body once.
func (s *sender) post(ctx context.Context, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("build request: %w", err)
	}
	r.Header.Set("User-Agent", "kubejobs OTLP over HTTP/protobuf")
	for name, value := range s.headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	if s.compress {
		r.Header.Set("Content-Encoding", "gzip")
	}
	answer, err := s.client.Do(r)
	if failed, ok := errors.AsType[*url.Error](err); ok && failed.Temporary() {
		return again{error: err}
	}
	if err != nil {
		return err //nolint:wrapcheck // it names the method and the URL
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", s.url, err)
	}
	return s.judge(answer, text)
}

// judge returns the error that an answer means.
func (s *sender) judge(answer *http.Response, text []byte) error {
	if answer.StatusCode/100 == 2 {
		if answer.Header.Get("Content-Type") != "application/x-protobuf" {
			return nil
		}
		return partial(text)
	}
	err := fmt.Errorf("send to %s: %s (body: %s)", s.url, answer.Status, strings.TrimSpace(string(text)))
	switch answer.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return again{err, pauseOf(answer.Header.Get("Retry-After"))}
	}
	return err
}

// pauseOf parses Retry-After: seconds or a date.
func pauseOf(text string) time.Duration {
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return time.Until(at)
	}
	return 0
}
