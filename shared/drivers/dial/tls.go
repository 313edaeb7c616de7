package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"

	"kubejobs/shared/core/credential"
	"kubejobs/shared/core/failure"
)

// TLSConfig returns the configuration of a client's TLS for a host, nil if the
// credentials ask for none. The error, of kind refused, names secret and shows nothing
// of what it holds.
func TLSConfig(secret string, s credential.Set, host string) (*tls.Config, error) {
	if !s.TLS {
		return nil, nil //nolint:nilnil // no TLS is no error
	}
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if len(s.CA) > 0 {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(s.CA) {
			return nil, wrongSecret(secret, "holds no certificate in "+credential.CA)
		}
	}
	if len(s.Certificate) > 0 {
		pair, err := tls.X509KeyPair(s.Certificate, s.PrivateKey)
		if err != nil {
			return nil, wrongSecret(secret, "holds no certificate with its key in "+credential.Certificate+" and "+credential.PrivateKey)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func wrongSecret(name, why string) error {
	return failure.Refused("the Secret "+failure.Shorten(name, maxSecret)+" "+why, nil)
}

// maxSecret bounds the name of a Secret in a text, in characters, so that what follows
// is not cut.
const maxSecret = 63

// Credentials returns what a Secret holds.
type Credentials func(ctx context.Context, secret string) (credential.Set, error)

// For returns what a Secret holds, for a connection to a host. The error is one if there
// is no source of Secrets, and if the Secret is for other hosts.
func (c Credentials) For(ctx context.Context, secret, host string) (credential.Set, error) {
	if c == nil {
		return credential.Set{}, wrongSecret(secret, "cannot be read here")
	}
	set, err := c(ctx, secret)
	if err == nil && !set.For(host) {
		return credential.Set{}, wrongSecret(secret, "is not for this host: see its key "+credential.Hosts)
	}
	return set, err
}

// Handshake begins TLS over a connection. It closes the connection if that fails.
func Handshake(ctx context.Context, c net.Conn, config *tls.Config) (net.Conn, error) {
	secured := tls.Client(c, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = c.Close()
		return nil, &handshakeError{err}
	}
	return secured, nil
}

// handshakeError is why a handshake failed.
type handshakeError struct{ cause error }

func (e *handshakeError) Error() string { return "TLS handshake: " + e.cause.Error() }

func (e *handshakeError) Unwrap() error { return e.cause }

// Phrases that TLSPhrase returns.
const (
	Uncertified  = "it requires a client certificate"
	OtherVersion = "it does not speak a version of TLS that is allowed"
)

// alerts are texts of the alerts that a server sends, as crypto/tls writes them.
var alerts = []struct{ text, phrase string }{
	{"certificate required", Uncertified},
	{"handshake failure", "it refuses the TLS handshake, perhaps for want of a client certificate"},
	{"bad certificate", "it does not accept the client certificate"},
	{"unknown certificate", "it does not accept the client certificate"}, // "… authority" too
	{"unsupported certificate", "it does not accept the client certificate"},
	{"revoked certificate", "the client certificate is revoked"},
	{"expired certificate", "the client certificate has expired"},
	{"protocol version", OtherVersion},
}

// TLSPhrase returns what an error of TLS means, in words of this package, "" for any
// other error.
func TLSPhrase(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "its certificate is signed by an unknown authority"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "its certificate is for another name"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if invalid.Reason == x509.Expired {
			return "its certificate has expired, or is not valid yet"
		}
		return "its certificate is not valid"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "its certificate is not valid"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "it does not speak TLS"
	}
	if remote, ok := errors.AsType[*net.OpError](err); ok && remote.Op == "remote error" {
		for _, alert := range alerts {
			if strings.Contains(remote.Err.Error(), alert.text) {
				return alert.phrase
			}
		}
		return "it refuses the TLS connection"
	}
	if _, ok := errors.AsType[*handshakeError](err); ok && Phrase(err) == "" {
		return "the TLS handshake fails"
	}
	return ""
}
