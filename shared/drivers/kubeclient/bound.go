package kubeclient

import (
	"io"
	"net/http"
)

// maxAnswer bounds the body of an answer, in bytes: more than a page of a list has. The
// client reads a whole body into memory.
const maxAnswer = 32 << 20

// bounded is a transport whose answers cannot be read beyond maxAnswer.
type bounded struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{http.MaxBytesReader(nil, response.Body, maxAnswer), response.Body}
	return response, nil
}
