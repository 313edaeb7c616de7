package failure

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxText is the maximum length of a text that is shown or stored, in characters.
const MaxText = 200

// Clean returns a text that others wrote as it may be shown, stored and logged: at most
// MaxText characters, each of which can be printed. A space replaces any other one:
// control characters, such as those of a terminal's escape sequences, and characters
// that change the direction of a text. An ellipsis ends a text that was cut.
func Clean(text string) string { return Shorten(text, MaxText) }

// Shorten is Clean with another maximum, for a part of a text.
func Shorten(text string, most int) string {
	var b strings.Builder
	for count := 1; text != ""; count++ {
		c, size := utf8.DecodeRuneInString(text)
		if count == most && size < len(text) {
			b.WriteRune('…')
			break
		}
		if !unicode.IsPrint(c) {
			c = ' '
		}
		b.WriteRune(c)
		text = text[size:]
	}
	return b.String()
}

// hidden is an error with the words of an untrusted peer.
type hidden struct{ error }

func (hidden) Error() string { return "" }

func (h hidden) Unwrap() error { return h.error }

// Hide wraps the cause of an Error if that holds words of an untrusted peer. No text
// of the Error shows it, but errors.Is and errors.As find it, and Detail tells it.
func Hide(err error) error { return hidden{err} }

// Detail returns the text of an error for the log at debug: clean, and with a cause
// that is hidden.
func Detail(err error) string {
	text := err.Error()
	if said, ok := errors.AsType[hidden](err); ok {
		text += ": " + said.error.Error()
	}
	return Clean(text)
}
