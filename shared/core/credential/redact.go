package credential

import "strings"

// Redact returns err if its text holds no credential of the Set; otherwise an error with
// the same chain whose text holds none: a peer may repeat what it got.
func (s Set) Redact(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, secret := range []string{s.Password, s.Token} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	if text == err.Error() {
		return err
	}
	return &redactedError{err, text}
}

// redactedError is an error with another text.
type redactedError struct {
	cause error
	text  string
}

func (e *redactedError) Error() string { return e.text }

func (e *redactedError) Unwrap() error { return e.cause }
