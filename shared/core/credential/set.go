// Package credential holds what a Secret says about how to log in to a server.
package credential

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"kubejobs/shared/core/egress"
)

// Keys of a Secret, and names of files in a folder that stands for one. Every one of
// them may be missing.
const (
	Username    = "username"
	Password    = "password"
	Token       = "token"   // of InfluxDB, in place of a username and a password
	CA          = "ca.crt"  // the certificates that sign the server's
	Certificate = "tls.crt" // of the client
	PrivateKey  = "tls.key" // of the client
	TLS         = "tls"     // "true": TLS, with the certificates of the system
	Hosts       = "hosts"   // the only hosts that get the credentials
)

// Keys returns the keys that Parse reads. The others of a Secret are ignored.
func Keys() []string {
	return []string{Username, Password, Token, CA, Certificate, PrivateKey, TLS, Hosts}
}

// MaxValue is the maximum length of a value, in bytes.
const MaxValue = 64 << 10

// Set is what a Secret holds. Its texts never show that.
type Set struct {
	Username, Password, Token   string
	CA, Certificate, PrivateKey []byte // PEM
	TLS                         bool
	// Version is equal for equal Sets, and differs for others. It is for comparing in
	// memory only: it could confirm a guess of a password.
	Version string

	hosts []string
}

// Parse reads the values of a Secret. A line feed that ends a username, a password or a
// token is no part of it. The error says which key is wrong, and shows no value.
func Parse(values map[string][]byte) (Set, error) {
	given := func(key string) bool { return len(values[key]) > 0 }
	if !slices.ContainsFunc(Keys(), given) {
		return Set{}, fmt.Errorf("has none of the keys %s", strings.Join(Keys(), ", "))
	}
	for _, key := range Keys() {
		if len(values[key]) > MaxValue {
			return Set{}, fmt.Errorf("has more than %d bytes in %s", MaxValue, key)
		}
	}
	text := func(key string) string {
		return strings.TrimSuffix(strings.TrimSuffix(string(values[key]), "\n"), "\r")
	}
	s := Set{
		Username: text(Username), Password: text(Password), Token: text(Token),
		CA: bytes.Clone(values[CA]), Certificate: bytes.Clone(values[Certificate]), PrivateKey: bytes.Clone(values[PrivateKey]),
		Version: version(values),
	}
	for _, key := range []string{Username, Password, Token} {
		if strings.ContainsFunc(text(key), unicode.IsControl) {
			return Set{}, fmt.Errorf("has control characters in %s", key)
		}
	}
	for _, pair := range [][2]string{{Username, Password}, {Certificate, PrivateKey}, {PrivateKey, Certificate}} {
		if given(pair[0]) && !given(pair[1]) {
			return Set{}, fmt.Errorf("has the key %s, but %s is missing", pair[0], pair[1])
		}
	}
	certified := given(CA) || given(Certificate)
	switch strings.ToLower(strings.TrimSpace(string(values[TLS]))) {
	case "true":
		s.TLS = true
	case "false":
		if certified {
			return Set{}, fmt.Errorf("has certificates, but %s is false", TLS)
		}
	case "":
		s.TLS = certified
	default:
		return Set{}, fmt.Errorf("has neither true nor false in %s", TLS)
	}
	return s, s.readHosts(string(values[Hosts]))
}

// readHosts reads hosts with commas or white space between them.
func (s *Set) readHosts(text string) error {
	for host := range strings.FieldsFuncSeq(text, func(c rune) bool { return c == ',' || unicode.IsSpace(c) }) {
		canonical, ok := egress.CanonicalHost(host)
		if !ok {
			return fmt.Errorf("has something in %s that is no host name or IP address", Hosts)
		}
		s.hosts = append(s.hosts, canonical)
	}
	return nil
}

// For reports whether a host may get the credentials. That of a Set without hosts is any.
func (s Set) For(host string) bool {
	canonical, _ := egress.CanonicalHost(host)
	return len(s.hosts) == 0 || slices.Contains(s.hosts, canonical)
}

// version returns a hash over the values.
func version(values map[string][]byte) string {
	sum := sha256.New()
	for _, key := range Keys() {
		fmt.Fprintf(sum, "%s %d ", key, len(values[key]))
		sum.Write(values[key])
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// String hides the credentials.
func (Set) String() string { return "[redacted]" }

// GoString hides them from %#v.
func (Set) GoString() string { return "[redacted]" }

// MarshalText hides them from encoders and logs.
func (Set) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }
