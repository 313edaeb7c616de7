// Package influxtest starts a private influxd for a test.
package influxtest

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kubejobs/shared/testkit/certtest"
	"kubejobs/shared/testkit/proctest"
)

// Login of the administrator of a server that StartWithAuth started.
const (
	Admin    = "admin"
	Password = "s3cret-of-the-test"
)

// Server is an influxd that runs until its test ends, unless the test stops it.
// Its files stay until the test ends.
type Server struct {
	*proctest.Process
	tb     testing.TB
	auth   bool
	scheme string
}

// Start starts a server on a free loopback port, without a database.
func Start(tb testing.TB) *Server {
	tb.Helper()
	return start(tb, false, nil, certtest.Pair{})
}

// StartWithAuth starts a server that requires a login. The only one is Admin's.
func StartWithAuth(tb testing.TB) *Server {
	tb.Helper()
	return startWithAuth(tb, nil, certtest.Pair{})
}

// StartSecured is StartWithAuth with HTTPS, for which the server has a certificate of an
// authority.
func StartSecured(tb testing.TB, a *certtest.Authority, p certtest.Pair) *Server {
	tb.Helper()
	return startWithAuth(tb, a, p)
}

func startWithAuth(tb testing.TB, a *certtest.Authority, p certtest.Pair) *Server {
	tb.Helper()
	s := start(tb, true, a, p)
	s.Exec("", "CREATE USER "+Admin+" WITH PASSWORD '"+Password+"' WITH ALL PRIVILEGES")
	return s
}

// start recognises the server by its command line, which names a file that no
// other server uses.
func start(tb testing.TB, auth bool, a *certtest.Authority, p certtest.Pair) *Server {
	tb.Helper()
	dir := tb.TempDir()
	scheme, secured := "http", ""
	if a != nil {
		files := a.Write(dir, p)
		scheme = "https"
		secured = fmt.Sprintf("  https-enabled = true\n  https-certificate = %q\n  https-private-key = %q\n", files.Certificate, files.PrivateKey)
	}
	settings := filepath.Join(dir, "influxdb.conf")
	command := func(addr string) *exec.Cmd {
		if err := os.WriteFile(settings, []byte(configuration(tb, dir, addr, auth)+secured), 0o600); err != nil {
			tb.Fatal(err)
		}
		cmd := exec.Command("influxd", "-config", settings)
		cmd.Env = append(os.Environ(), "HOME="+dir)
		return cmd
	}
	answers := func(ctx context.Context, addr string, _ int) bool {
		return varsContain(ctx, scheme+"://"+addr, settings)
	}
	return &Server{tb: tb, auth: auth, scheme: scheme, Process: proctest.Start(tb, proctest.Program{Command: command, Answers: answers})}
}

// URL returns the server's URL.
func (s *Server) URL() string { return s.scheme + "://" + s.Addr() }

// configuration returns settings that turn off everything but HTTP and keep the
// files in dir.
func configuration(tb testing.TB, dir, addr string, auth bool) string {
	tb.Helper()
	return fmt.Sprintf(`reporting-disabled = true
bind-address = "127.0.0.1:%d"
[meta]
  dir = %q
[data]
  dir = %q
  wal-dir = %q
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[retention]
  enabled = false
[shard-precreation]
  enabled = false
[continuous_queries]
  enabled = false
[logging]
  level = "error"
  suppress-logo = true
[http]
  bind-address = %q
  auth-enabled = %t
  log-enabled = false
`, proctest.FreePort(tb), filepath.Join(dir, "meta"), filepath.Join(dir, "data"), filepath.Join(dir, "wal"), addr, auth)
}

// varsContain reports whether the server's debug variables, among which is its
// command line, contain want.
func varsContain(ctx context.Context, url, want string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/debug/vars", http.NoBody)
	if err != nil {
		return false
	}
	response, err := client.Do(r)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return err == nil && strings.Contains(string(body), want)
}

// client keeps no connections: tests count the connections of what they test. It checks no
// certificate: a test may give the server a wrong one.
var client = &http.Client{
	Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	Timeout:   proctest.Patience,
}
