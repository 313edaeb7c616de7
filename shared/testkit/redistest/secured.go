package redistest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/testkit/certtest"
)

// Security is what a server asks of its clients. Client is the client of an administrator.
type Security struct {
	// Password is that of the user default; "": it has none. The administrator has it.
	Password string
	// Users are rules of other users, each as in ACL SETUSER: "name on >password ~* +@all".
	Users []string

	// Authority signs the certificates; nil: no TLS. Pair is the server's certificate.
	Authority *certtest.Authority
	Pair      certtest.Pair
	// Certified means that clients need a certificate of the authority too.
	Certified bool
}

// StartSecured starts a server as Start does, that is secured.
func StartSecured(tb testing.TB, s Security, args ...string) *Server {
	tb.Helper()
	lines := make([]string, 0, len(s.Users)+1)
	for _, user := range s.Users {
		lines = append(lines, "user "+user)
	}
	if s.Password != "" {
		lines = append(lines, "requirepass "+s.Password)
	}
	options := redis.Options{Password: s.Password}
	var files certtest.Files
	if s.Authority != nil {
		files = s.Authority.Write(tb.TempDir(), s.Pair)
		options.TLSConfig = s.Authority.TLS(s.Authority.Client("administrator"))
		options.TLSConfig.InsecureSkipVerify = true // a test may give the server a wrong certificate
	}
	return start(tb, options, []string{settings(tb, lines)}, func(port string) []string {
		all := []string{"--port", port}
		if s.Authority != nil {
			clients := map[bool]string{true: "yes", false: "no"}[s.Certified]
			all = []string{
				"--port", "0", "--tls-port", port, "--tls-cert-file", files.Certificate, "--tls-key-file", files.PrivateKey,
				"--tls-ca-cert-file", files.CA, "--tls-auth-clients", clients,
			}
		}
		return append(all, args...)
	})
}

// settings writes a file with settings and returns its path.
func settings(tb testing.TB, lines []string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "redis.conf")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}
