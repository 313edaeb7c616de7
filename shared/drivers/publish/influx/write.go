package influx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"kubejobs/shared/core/failure"
)

const (
	// maxAnswer is how much of an answer is read: more, and its connection is
	// not used again.
	maxAnswer = 16 << 10
	// maxText is how much of the server's own words an error repeats.
	maxText = 200
)

// write sends lines in one request.
func (p place) write(ctx context.Context, lines []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(lines))
	if err != nil {
		return fmt.Errorf("request to InfluxDB %s: %w", p.name, bare(err))
	}
	r.Header.Set("Content-Type", "text/plain; charset=utf-8")
	r.Header.Set("User-Agent", "kubejobs")
	if p.login != "" {
		r.Header.Set("Authorization", p.login)
	}
	response, err := p.client.Do(r)
	if err != nil {
		return failure.Classified(err, failure.Unavailable("InfluxDB "+p.name+" does not answer", bare(err)))
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		body = nil // the status says enough
	}
	return p.judge(response.StatusCode, body)
}

// bare is the cause in an error of net/http or net/url, which show the URL.
func bare(err error) error {
	if typed, ok := errors.AsType[*url.Error](err); ok {
		return typed.Err
	}
	return err
}

// judge is what an answer means. Both versions answer 204 when the points are
// stored.
func (p place) judge(status int, body []byte) error {
	message := fmt.Sprintf("InfluxDB %s answers %d", p.name, status)
	if text := p.words(body); text != "" {
		message += ": " + text
	}
	switch {
	case status == http.StatusNoContent:
		return nil
	case status >= http.StatusInternalServerError, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout:
		return failure.Unavailable(message, nil)
	case status >= http.StatusBadRequest:
		return &failure.Error{Kind: failure.KindInvalid, Message: message}
	default:
		return &failure.Error{Kind: failure.KindInternal, Message: message + ", which is no answer to a write"}
	}
}

// words is the server's error, shortened: 1.x calls it error, 2.x message. A
// login that it repeats is taken out.
func (p place) words(body []byte) string {
	var answer struct{ Error, Message string }
	if err := json.Unmarshal(body, &answer); err != nil {
		return "" // a proxy's page, say
	}
	text := answer.Error
	if text == "" {
		text = answer.Message
	}
	for _, secret := range p.secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	text = strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return ' '
	}, text)
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return text
}
