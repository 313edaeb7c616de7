package otlp

import (
	"crypto/tls"
	"crypto/x509"
	"os"
)

// tls returns the certificates that the variables name, nil for none.
func (v variables) tls() *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	for _, file := range v.both("CERTIFICATE") {
		if pool := v.pool(file); pool != nil {
			config.RootCAs = pool
		}
	}
	certificates, keys := v.both("CLIENT_CERTIFICATE"), v.both("CLIENT_KEY")
	for i := range certificates {
		if pair := v.pair(certificates[i], keys[i]); pair != nil {
			config.Certificates = []tls.Certificate{*pair}
		}
	}
	if config.RootCAs == nil && config.Certificates == nil {
		return nil
	}
	return config
}

// pool returns the authorities in a file, nil for none.
func (v variables) pool(file string) *x509.CertPool {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file) //nolint:gosec // the file is a setting
	if err != nil {
		v.wrong("read tls ca cert file: %w", err)
		return nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		v.wrong("create tls cert pool: no certificate in %s", file)
		return nil
	}
	return pool
}

// pair returns the certificate in two files, nil for none.
func (v variables) pair(certificate, key string) *tls.Certificate {
	if certificate == "" || key == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		v.wrong("create tls client key pair: %w", err)
		return nil
	}
	return &pair
}
