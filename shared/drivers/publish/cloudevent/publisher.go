package cloudevent

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/publish"
	"kubejobs/shared/monitor"
)

// Name is what the publisher is called.
const Name = "cloudevents"

// maxAnswer is how much of an answer is read, so that its connection can be
// used again.
const maxAnswer = 16 << 10

// Options are where events go. Sink is required.
type Options struct {
	Sink      *url.URL
	Namespace string // of the jobs
	// Extensions are added to each event, as a SinkBinding's ceOverrides want.
	Extensions map[string]string
	// CACerts is a PEM of what signed the sink's certificate; "": the system's.
	CACerts string
	// Transport wraps the one that requests go through; nil: none does.
	Transport func(http.RoundTripper) http.RoundTripper
}

// Publisher is a publish.Publisher.
type Publisher struct {
	options Options
	client  *http.Client
}

var _ publish.Publisher = (*Publisher)(nil)

// New is a Publisher; an error is of the certificates.
func New(o Options) (*Publisher, error) {
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConnsPerHost: 16,
		MaxConnsPerHost:     64,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 2 * time.Second,
	}
	if o.CACerts != "" {
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool()
		}
		if !roots.AppendCertsFromPEM([]byte(o.CACerts)) {
			return nil, errors.New("the sink's CA certificates hold none in PEM")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	var round http.RoundTripper = transport
	if o.Transport != nil {
		round = o.Transport(transport)
	}
	return &Publisher{options: o, client: &http.Client{
		Transport: round,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // an event goes where it was sent, or nowhere
		},
	}}, nil
}

// Name implements publish.Publisher.
func (p *Publisher) Name() string { return Name }

// Target implements publish.Publisher: one sink for all jobs' events.
func (p *Publisher) Target(n monitor.Notice) string {
	if len(n.Events) == 0 {
		return ""
	}
	return p.options.Sink.Host
}

// Publish implements publish.Publisher: a request for each event, in order,
// until one is not acknowledged by 2xx.
func (p *Publisher) Publish(ctx context.Context, n monitor.Notice) (int, error) {
	for i, event := range n.Events {
		if err := p.send(ctx, event); err != nil {
			return i, err
		}
	}
	return len(n.Events), nil
}

// send POSTs one event in binary mode.
func (p *Publisher) send(ctx context.Context, e job.Event) error {
	event, err := Encode(p.options.Namespace, e, p.options.Extensions)
	if err != nil {
		return err
	}
	request, err := cloudevents.NewHTTPRequestFromEvent(ctx, p.options.Sink.String(), event)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", e.ID(), err)
	}
	response, err := p.client.Do(request)
	if err != nil {
		return failure.Unavailable("the events' sink does not answer", cause(err))
	}
	defer response.Body.Close()
	if _, err := io.CopyN(io.Discard, response.Body, maxAnswer); err != nil && !errors.Is(err, io.EOF) {
		return failure.Unavailable("the events' sink does not answer", cause(err))
	}
	switch code := response.StatusCode; {
	case code >= http.StatusOK && code < http.StatusMultipleChoices:
		return nil
	case passes(code):
		return failure.Unavailable(fmt.Sprintf("the events' sink answered %d", code), nil)
	default:
		return fmt.Errorf("the events' sink refused %s by %d", Type(e.Kind), code)
	}
}

// passes tells whether a status may be another one later, by the rule of
// Knative's own senders (eventing's kncloudevents.SelectiveRetry).
func passes(code int) bool {
	switch code {
	case http.StatusNotFound, http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
		return true
	default:
		return code >= http.StatusInternalServerError
	}
}

// cause is an error without the request's URL, whose path and query may be
// secret.
func cause(err error) error {
	if typed, ok := errors.AsType[*url.Error](err); ok {
		return typed.Err
	}
	return err
}
