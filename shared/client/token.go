package client

import "log/slog"

// Token is a bearer token. No text that is made of it shows it.
type Token string

// valid reports whether a header can hold the token.
func (t Token) valid() bool {
	for _, c := range []byte(t) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

const redacted = "[redacted]"

// String returns a text that does not show the token.
func (t Token) String() string {
	if t == "" {
		return ""
	}
	return redacted
}

// GoString is String for %#v.
func (t Token) GoString() string { return t.String() }

// MarshalText is String for JSON and others.
func (t Token) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// LogValue is String for slog.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }
