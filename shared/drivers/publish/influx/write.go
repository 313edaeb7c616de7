package influx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/dial"
	"kubejobs/shared/drivers/publish"
)

// plainRequest is what a server in Go, such as InfluxDB, says to a client without TLS.
const plainRequest = "HTTP request to an HTTPS server"

// maxName bounds a destination in a text, in characters.
const maxName = 100

// write sends lines in one request.
func (d destination) write(ctx context.Context, lines []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(lines))
	if err != nil {
		return fmt.Errorf("request to InfluxDB %s: %w", d.name, publish.WithoutURL(err))
	}
	r.Header.Set("Content-Type", "text/plain; charset=utf-8")
	r.Header.Set("User-Agent", "kubejobs")
	if d.login != "" {
		r.Header.Set("Authorization", d.login)
	}
	status, body, err := publish.Do(d.client.Client, r)
	phrase := dial.TLSPhrase(err)
	if errors.Is(err, http.ErrSchemeMismatch) {
		phrase = "it does not speak TLS"
	}
	if status == 0 && phrase != "" {
		return failure.Refused("InfluxDB "+failure.Shorten(d.address, maxName)+" cannot be used: "+phrase, failure.Hide(err))
	}
	if status == 0 {
		return failure.Classified(err, failure.Unavailable(
			"InfluxDB "+failure.Shorten(d.address, maxName)+" does not answer: "+publish.Phrase(err), failure.Hide(err)))
	}
	return d.judge(status, body) // an answer that breaks off has a status too
}

// shown returns the name for a text, shortened so that what follows is not cut.
func (d destination) shown() string { return failure.Shorten(d.name, maxName) }

// judge returns the error that an answer means, nil if the points are stored: both
// versions answer 204 then.
func (d destination) judge(status int, body []byte) error {
	message := fmt.Sprintf("InfluxDB %s answers %d", d.shown(), status)
	if absent(status) {
		message = fmt.Sprintf("InfluxDB %s answers %d", failure.Shorten(d.address, maxName), status)
	}
	words := d.words(body)
	if meaning := phrase(status, words); meaning != "" {
		message += ": " + meaning
	}
	said := failure.Hide(errors.New(words))
	switch {
	case status == http.StatusNoContent:
		return nil
	case absent(status):
		return failure.Unavailable(message, said)
	case publish.Transient(status):
		return publish.Answer(failure.Unavailable(message, said))
	case status >= http.StatusBadRequest:
		return failure.Refused(message, said)
	default:
		return &failure.Error{Kind: failure.KindInternal, Message: message + ", which is not an answer to a write", Err: said}
	}
}

// absent reports whether an answer with this status means that the server, or what is
// behind it, is unavailable to all. InfluxDB answers 500 for a fault of one database, such
// as one without a retention policy. A text for this names no database: it is shown for
// other jobs' databases on the server too.
func absent(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// words returns the server's own error: 1.x calls it error, 2.x message. It removes a
// login that the server repeats.
func (d destination) words(body []byte) string {
	var answer struct{ Error, Message string }
	if err := json.Unmarshal(body, &answer); err != nil {
		if bytes.Contains(body, []byte(plainRequest)) {
			return plainRequest
		}
		return "" // for example a proxy's page
	}
	text := answer.Error
	if text == "" {
		text = answer.Message
	}
	for _, secret := range d.secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	return text
}
