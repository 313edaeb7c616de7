package publish

import (
	"errors"
	"net/http"
	"net/url"
)

// WithoutURL returns the cause of an error of net/http or net/url without the
// URL of the request, whose path and query may be secret.
func WithoutURL(err error) error {
	if typed, ok := errors.AsType[*url.Error](err); ok {
		return typed.Err
	}
	return err
}

// NoRedirect is a CheckRedirect of http.Client that follows none: what is sent
// goes to the destination that was checked, or nowhere.
func NoRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// MaxAnswer is how many bytes of an answer are read. The connection of a longer
// answer is not used again.
const MaxAnswer = 16 << 10
