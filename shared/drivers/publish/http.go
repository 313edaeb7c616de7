package publish

import (
	"errors"
	"io"
	"net/http"
	"net/url"

	"kubejobs/shared/drivers/dial"
)

// maxAnswer is how many bytes of an answer are read. The connection of a longer
// answer is not used again.
const maxAnswer = 16 << 10

// MaxHeader bounds the header of an answer, in bytes.
const MaxHeader = 64 << 10

// NewClient returns an HTTP client over transport, which wrap may wrap; nil: it is
// not wrapped. The client follows no redirect: what is sent goes to the
// destination that was checked, or nowhere.
func NewClient(transport http.RoundTripper, wrap func(http.RoundTripper) http.RoundTripper) *http.Client {
	if wrap != nil {
		transport = wrap(transport)
	}
	return &http.Client{
		Transport:     staying{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// staying removes where an answer redirects to: net/http reads it even if it follows
// no redirect, and fails if it is no URL.
type staying struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (s staying) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := s.next.RoundTrip(r)
	if err == nil {
		response.Header.Del("Location")
	}
	return response, err
}

// Do sends a request and returns the status and the start of the body of its
// answer. The error does not show the URL. If only the body could not be read, the
// status is returned with the error; else it is 0.
func Do(client *http.Client, r *http.Request) (status int, body []byte, err error) {
	response, err := client.Do(r) //nolint:gosec // the client checks the addresses that callers name
	if err != nil {
		return 0, nil, WithoutURL(err)
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return response.StatusCode, nil, WithoutURL(err)
	}
	return response.StatusCode, body, nil
}

// Phrase returns why a request got no answer. Other than the text of the error it never
// repeats what the server sent.
func Phrase(err error) string {
	if phrase := dial.Phrase(err); phrase != "" {
		return phrase
	}
	return "its answer cannot be read" // it is no HTTP, or exceeds the limits
}

// Transient reports whether a retry may succeed after an answer with this status.
func Transient(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooManyRequests ||
		status >= http.StatusInternalServerError
}

// WithoutURL returns the cause of an error of net/http or net/url without the
// URL of the request, whose path and query may be secret.
func WithoutURL(err error) error {
	if typed, ok := errors.AsType[*url.Error](err); ok {
		return typed.Err
	}
	return err
}
