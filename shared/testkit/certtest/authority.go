// Package certtest makes certificates for servers and clients of a test.
package certtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// serial is that of the last certificate.
var serial atomic.Int64

// Authority signs certificates.
type Authority struct {
	PEM []byte // its own certificate

	tb          testing.TB
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// Pair is a certificate and its private key, in PEM.
type Pair struct{ Certificate, PrivateKey []byte }

// NewAuthority returns an authority that nobody knows.
func NewAuthority(tb testing.TB) *Authority {
	tb.Helper()
	a := &Authority{tb: tb, key: newKey(tb)}
	template := newTemplate("authority of a test")
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		tb.Fatal(err)
	}
	if a.certificate, err = x509.ParseCertificate(der); err != nil {
		tb.Fatal(err)
	}
	a.PEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

// Server returns a certificate for host names and IP addresses.
func (a *Authority) Server(hosts ...string) Pair {
	return a.sign(func(c *x509.Certificate) { addHosts(c, hosts) })
}

// Expired is Server with a certificate that expired an hour ago.
func (a *Authority) Expired(hosts ...string) Pair {
	return a.sign(func(c *x509.Certificate) {
		addHosts(c, hosts)
		c.NotAfter = time.Now().Add(-time.Hour)
	})
}

// Client returns a certificate of a client.
func (a *Authority) Client(name string) Pair {
	return a.sign(func(c *x509.Certificate) { c.Subject.CommonName = name })
}

func addHosts(c *x509.Certificate, hosts []string) {
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, host)
		}
	}
}

func (a *Authority) sign(change func(*x509.Certificate)) Pair {
	a.tb.Helper()
	key := newKey(a.tb)
	template := newTemplate("a test")
	change(template)
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		a.tb.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.tb.Fatal(err)
	}
	return Pair{
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func newTemplate(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial.Add(1)), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
}

// Files holds the paths of PEM files.
type Files struct{ CA, Certificate, PrivateKey string }

// Write writes a pair and the certificate of its authority into files of a folder, which
// may exist.
func (a *Authority) Write(dir string, p Pair) Files {
	a.tb.Helper()
	f := Files{filepath.Join(dir, "ca.crt"), filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")}
	for path, text := range map[string][]byte{f.CA: a.PEM, f.Certificate: p.Certificate, f.PrivateKey: p.PrivateKey} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			a.tb.Fatal(err)
		}
	}
	return f
}

// TLS returns the configuration of a client that knows the authority and has a
// certificate.
func (a *Authority) TLS(p Pair) *tls.Config {
	a.tb.Helper()
	pair, err := tls.X509KeyPair(p.Certificate, p.PrivateKey)
	if err != nil {
		a.tb.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.certificate)
	return &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
}
