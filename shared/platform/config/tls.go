package config

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"strings"
)

// TLSFiles are the paths of PEM files; "" is none.
type TLSFiles struct {
	CA          string // the certificates that sign the server's; "": those of the system
	Certificate string // of the client
	PrivateKey  string // of the client
}

// Names of the settings with the files for TLS of the state Redis.
const (
	stateCA   = "STATE_REDIS_CA"
	stateCert = "STATE_REDIS_CERT"
	stateKey  = "STATE_REDIS_KEY"
)

// stateTLS reads the files for TLS of the state Redis, and checks what they hold now. No
// error shows that.
func (r *reader) stateTLS(url Secret) TLSFiles {
	f := TLSFiles{CA: r.text(stateCA, ""), Certificate: r.text(stateCert, ""), PrivateKey: r.text(stateKey, "")}
	if given := r.given([]string{stateCA, stateCert, stateKey}); len(given) > 0 && !strings.HasPrefix(url.Reveal(), "rediss://") {
		r.reject(given[0], "requires STATE_REDIS_URL to be rediss://…")
		return f
	}
	if f.CA != "" {
		text, err := os.ReadFile(f.CA)
		switch {
		case err != nil:
			r.reject(stateCA, "want a file that can be read")
		case !x509.NewCertPool().AppendCertsFromPEM(text):
			r.reject(stateCA, "want a file with a certificate in PEM")
		}
	}
	switch {
	case f.Certificate == "" && f.PrivateKey == "":
	case f.Certificate == "" || f.PrivateKey == "":
		r.together([]string{stateCert, stateKey}, "a client certificate")
	default:
		if _, err := tls.LoadX509KeyPair(f.Certificate, f.PrivateKey); err != nil {
			r.reject(stateCert, "want a file with a certificate in PEM, and in STATE_REDIS_KEY one with its key")
		}
	}
	return f
}

// folder reads the path of a folder that exists.
func (r *reader) folder(setting string) string {
	path := r.text(setting, "")
	if path == "" {
		return ""
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		r.reject(setting, "want a folder that exists, got %.80q", path)
	}
	return path
}
