package openapitest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"testing"
)

func cloneURL(u *url.URL) *url.URL { copied := *u; return &copied }

// Transport returns a transport to a unit whose answers are compared with the
// description. base is http.DefaultTransport if it is nil.
func Transport(tb testing.TB, unit string, base http.RoundTripper) http.RoundTripper {
	tb.Helper()
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{newJudge(tb, load().check), unit, base}
}

// Client returns a client of a unit whose answers are compared with the description.
func Client(tb testing.TB, unit string) *http.Client {
	tb.Helper()
	return &http.Client{Transport: Transport(tb, unit, nil)}
}

type transport struct {
	judge *judge
	unit  string
	base  http.RoundTripper
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	x := exchange{unit: t.unit, method: r.Method, url: cloneURL(r.URL), header: r.Header.Clone()}
	if x.url.Path == "" {
		x.url.Path = "/"
	}
	if r.Body != nil && r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		if x.sent, err = io.ReadAll(body); err != nil {
			return nil, err
		}
	}
	response, err := t.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	x.status, x.answered = response.StatusCode, response.Header.Clone()
	response.Body = &received{tee: tee{ReadCloser: response.Body}, judge: t.judge, exchange: x}
	return response, nil
}

// received is the body of an answer, which is judged when it ends or is closed.
type received struct {
	tee
	judge    *judge
	exchange exchange
	judged   bool
}

func (b *received) Read(p []byte) (int, error) {
	n, err := b.tee.Read(p)
	if err != nil {
		b.end(errors.Is(err, io.EOF))
	}
	return n, err
}

func (b *received) Close() error {
	b.end(false)
	return b.tee.Close()
}

func (b *received) end(complete bool) {
	if b.judged {
		return
	}
	b.judged = true
	b.exchange.body, b.exchange.complete = bytes.Clone(b.read.Bytes()), complete
	b.judge.judge(b.exchange)
}
