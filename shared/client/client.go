package client

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kubejobs/shared/core/failure"
)

// DefaultServer is where `kubejobs local` listens.
const DefaultServer = "http://127.0.0.1:8080"

// Defaults of Options.
const (
	defaultTimeout  = 30 * time.Second
	defaultRetries  = 3
	defaultFirst    = 5 * time.Second
	defaultPatience = 2 * time.Minute
)

// maxAnswer bounds an answer, and a message of a stream, in bytes.
const maxAnswer = 4 << 20

// maxRedirects bounds how often a request is redirected.
const maxRedirects = 3

// Options say which server is called, and how. A zero field means its default.
type Options struct {
	// Server is the base URL, DefaultServer. Without a scheme it is http://; a path is
	// put before those of the API.
	Server string
	// Token is sent as Authorization: Bearer, if it is not "". The server itself knows
	// no token: it is for a proxy in front of it.
	Token Token
	// Timeout bounds a call with its retries, 30 s. Streams have no bound.
	Timeout time.Duration
	// Retries is how often a call is repeated at most, 3; negative: never.
	Retries int
	// First is how long the first connection of a stream may take, 5 s, and Patience how
	// long a stream may be lost before it is given up, 2 min; negative: for ever.
	First, Patience time.Duration
	// Transport makes the requests; nil: one of its own, with the settings of
	// http.DefaultTransport.
	Transport http.RoundTripper
}

// Client calls one server. Several goroutines may use it at once.
type Client struct {
	base    *url.URL
	options Options
	http    *http.Client
}

// New returns a client. It calls nothing yet. The error for a Server that is no address, or a
// Token that no header can hold, is of kind ErrInvalid.
func New(o Options) (*Client, error) {
	base, err := parseServer(cmp.Or(o.Server, DefaultServer))
	if err != nil {
		return nil, err
	}
	if !o.Token.valid() {
		return nil, &Error{Kind: ErrInvalid, Message: "the token: want characters of ASCII that can be printed, without spaces"}
	}
	o.Timeout, o.First = cmp.Or(o.Timeout, defaultTimeout), cmp.Or(o.First, defaultFirst)
	o.Retries, o.Patience = cmp.Or(o.Retries, defaultRetries), cmp.Or(o.Patience, defaultPatience)
	if o.Transport == nil {
		o.Transport = ownTransport()
	}
	return &Client{base: base, options: o, http: &http.Client{Transport: o.Transport, CheckRedirect: checkRedirect}}, nil
}

func ownTransport() http.RoundTripper {
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		return standard.Clone()
	}
	return http.DefaultTransport
}

// Server returns the base URL, without a password that may be in it.
func (c *Client) Server() string { return c.base.Redacted() }

// parseServer reads a base URL.
func parseServer(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	parsed, err := url.Parse(text)
	switch {
	case err != nil, parsed.Scheme != "http" && parsed.Scheme != "https", parsed.Host == "":
		if err == nil {
			text = parsed.Redacted()
		}
		return nil, &Error{Kind: ErrInvalid, Message: "want http://HOST:PORT, got " + quoted(withoutUser(text))}
	}
	parsed.RawQuery, parsed.Fragment = "", ""
	return parsed, nil
}

// withoutUser returns a URL that cannot be read without what may be a password.
func withoutUser(text string) string {
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		if _, host, ok := strings.Cut(rest, "@"); ok {
			return scheme + "://" + host
		}
	}
	return text
}

// checkRedirect lets a GET go on to the same server, without the token.
func checkRedirect(next *http.Request, before []*http.Request) error {
	first := before[0]
	same := next.URL.Scheme == first.URL.Scheme && next.URL.Host == first.URL.Host
	if !same || first.Method != http.MethodGet {
		return http.ErrUseLastResponse
	}
	if len(before) > maxRedirects {
		return errors.New("too many redirects")
	}
	next.Header.Del("Authorization")
	return nil
}

func quoted(text string) string { return `"` + failure.Shorten(text, 80) + `"` }
