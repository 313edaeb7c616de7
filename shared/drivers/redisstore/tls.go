package redisstore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// TLS holds the paths of PEM files for connections with TLS; "" is none. They are read
// for each new connection, so that they may be replaced at any time.
type TLS struct {
	CA                      string // the certificates that sign the server's; "": those of the system
	Certificate, PrivateKey string // of the client
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// dialer returns a function that connects with TLS, nil if base is nil (no TLS) or there
// are no files: then the client connects by itself.
func (t TLS) dialer(base *tls.Config) dialFunc {
	if base == nil || t == (TLS{}) {
		return nil
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		config, err := t.config(base)
		if err != nil {
			return nil, err
		}
		if host, _, err := net.SplitHostPort(address); config.ServerName == "" && err == nil {
			config.ServerName = host
		}
		dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: timeout, KeepAlive: 5 * time.Minute}, Config: config}
		ctx, cancel := context.WithTimeout(ctx, 2*timeout) // of the connection and the handshake
		defer cancel()
		return dialer.DialContext(ctx, network, address)
	}
}

// config returns base with what the files hold. The error shows nothing of that.
func (t TLS) config(base *tls.Config) (*tls.Config, error) {
	config := base.Clone()
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	if t.CA != "" {
		text, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("certificates of the state Redis: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, errors.New("the file with the certificates for the state Redis holds none")
		}
	}
	if t.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(t.Certificate, t.PrivateKey)
		if err != nil {
			return nil, fmt.Errorf("client certificate for the state Redis: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
