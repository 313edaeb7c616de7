package cloudevent

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/publish"
	"kubejobs/shared/monitor"
)

// Name is the name of the publisher.
const Name = "cloudevents"

// Options select the receiver of events. Sink is required.
type Options struct {
	Sink      *url.URL
	Namespace string // of the jobs
	// Extensions are added to each event, see ceOverrides of a SinkBinding.
	Extensions map[string]string
	// CACerts holds PEM certificates that sign the sink's certificate, in addition
	// to those of the system; "": none.
	CACerts string
	// Transport wraps the transport of the requests; nil: it is not wrapped.
	Transport func(http.RoundTripper) http.RoundTripper
}

// Publisher is a publish.Publisher.
type Publisher struct {
	options Options
	client  *http.Client
}

var _ publish.Publisher = (*Publisher)(nil)

// New returns a Publisher. It returns an error if the certificates are invalid.
func New(o Options) (*Publisher, error) {
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConnsPerHost: 64, // all: else each burst of events would open most of its connections again
		MaxConnsPerHost:     64,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 2 * time.Second,

		MaxResponseHeaderBytes: publish.MaxHeader,
		DisableCompression:     true, // the body of an answer is not used
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
	return &Publisher{options: o, client: publish.NewClient(transport, o.Transport)}, nil
}

// Name implements publish.Publisher.
func (p *Publisher) Name() string { return Name }

// Destination implements publish.Publisher: one sink for all jobs' events.
func (p *Publisher) Destination(n monitor.Notice) string {
	if len(n.Events) == 0 {
		return ""
	}
	return p.options.Sink.Host
}

// Publish implements publish.Publisher. It sends a request for each event, in
// order, until the sink does not take one now but may later. An event that the
// sink refuses, or that cannot be encoded, stops nothing and counts as
// acknowledged: it would fail each time.
func (p *Publisher) Publish(ctx context.Context, n monitor.Notice) (int, error) {
	var first error     // of those that failed for good
	var refused []error // without those of samples, which are not sent again in any case
	for i, event := range n.Events {
		err := p.send(ctx, event)
		if failure.IsRetryable(err) {
			return i, publish.Refused(refused, err)
		}
		if err != nil && event.Kind != job.EventSample {
			refused = append(refused, err)
		}
		if first == nil {
			first = err
		}
	}
	return len(n.Events), publish.Refused(refused, first)
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
	status, _, err := publish.Do(p.client, request)
	if err != nil {
		return failure.Unavailable("the event sink does not answer: "+publish.Phrase(err), failure.Hide(err))
	}
	switch {
	case status >= http.StatusOK && status < http.StatusMultipleChoices:
		return nil
	case transient(status):
		return failure.Unavailable(fmt.Sprintf("the event sink answered %d", status), nil)
	default:
		return failure.Refused(fmt.Sprintf("the event sink refused %s with %d", Type(e.Kind), status), errors.New("event "+e.ID()))
	}
}

// transient reports whether a retry may succeed, by the rule of Knative's own
// senders (eventing's kncloudevents.SelectiveRetry).
func transient(status int) bool {
	return status == http.StatusNotFound || status == http.StatusConflict || publish.Transient(status)
}
