package openapitest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"kubejobs/functions/openapi/describe"
	"kubejobs/shared/platform/httpapi"
)

// exchange is a request and its answer.
type exchange struct {
	unit   string
	method string
	url    *url.URL
	header http.Header // of the request
	sent   []byte      // the body of the request, as far as it was read

	status   int
	answered http.Header
	body     []byte
	complete bool // the body ended, and was not cut
}

// check returns why the description does not allow an exchange, nil if it does.
func (c *contract) check(x exchange) error {
	if x.url.Path != "" && !clean(x.url.Path) {
		return x.refused(http.StatusBadRequest)
	}
	if strings.HasPrefix(x.url.Path, "/ui/") {
		return nil // pages are for people
	}
	found := c.find(x.unit, x.url)
	if len(found) == 0 {
		return x.refused(http.StatusNotFound)
	}
	x, err := x.plain()
	if err != nil {
		return err
	}
	for _, o := range found {
		if o.Method == method(x.method) {
			return c.operation(o, x)
		}
	}
	return x.notAllowed(found)
}

// plain returns an exchange with its body as it was before it was compressed, as far as
// that was sent.
func (x exchange) plain() (exchange, error) {
	encoding := x.answered.Get("Content-Encoding")
	if encoding == "" || x.method == http.MethodHead {
		return x, nil
	}
	if encoding != "gzip" || !httpapi.Accepts(x.header.Values("Accept-Encoding"), encoding) {
		return x, fmt.Errorf("Content-Encoding %q, accepted is %q", encoding, x.header.Values("Accept-Encoding"))
	}
	reader, err := gzip.NewReader(bytes.NewReader(x.body))
	if err == nil {
		x.body, err = io.ReadAll(reader)
	}
	if err != nil && x.complete {
		return x, fmt.Errorf("body in gzip: %w", err)
	}
	return x, nil
}

// clean reports whether httpapi.CleanPath serves a path.
func clean(text string) bool {
	cleaned := path.Clean("/" + text)
	if strings.HasSuffix(text, "/") && cleaned != "/" {
		cleaned += "/"
	}
	return cleaned == text
}

// refused checks an answer that must be an error: with this status, or for a reason
// that any request may be refused for.
func (x exchange) refused(status int) error {
	usual := []int{
		status, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusInternalServerError, http.StatusServiceUnavailable,
	}
	if !slices.Contains(usual, x.status) {
		return fmt.Errorf("status %d, want %d", x.status, status)
	}
	if x.method == http.MethodHead {
		return nil
	}
	schema, err := load().schema("components", "schemas", "Failure")
	if err != nil {
		return err
	}
	return errors.Join(validate(schema, x.body), x.failure())
}

// failure checks what a schema cannot say about an error.
func (x exchange) failure() error {
	var f httpapi.Failure
	if err := json.Unmarshal(x.body, &f); err != nil {
		return err
	}
	name := strings.ReplaceAll(strings.ToUpper(http.StatusText(x.status)), " ", "_")
	if f.Code != x.status || f.Name != name {
		return fmt.Errorf("the error says %d %s, and the status is %d %s", f.Code, f.Name, x.status, name)
	}
	return nil
}

// notAllowed checks the answer to a method that a path does not have.
func (x exchange) notAllowed(found []*describe.Operation) error {
	if err := x.refused(http.StatusMethodNotAllowed); err != nil || x.status != http.StatusMethodNotAllowed {
		return err
	}
	methods := make([]string, 0, len(found))
	for _, o := range found {
		methods = append(methods, o.Method)
	}
	slices.Sort(methods)
	if want, got := strings.Join(methods, ", "), x.answered.Get("Allow"); got != want {
		return fmt.Errorf("the header Allow is %q, want %q", got, want)
	}
	return nil
}

// mediaType returns the media type of a header, without parameters; "" if it has none.
func mediaType(header http.Header) (string, error) {
	text := header.Get("Content-Type")
	if text == "" {
		return "", nil
	}
	name, _, err := mime.ParseMediaType(text)
	return name, err
}
