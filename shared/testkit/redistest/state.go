package redistest

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"kubejobs/knative"
)

// statePassword is that of the user of StateUser.
const statePassword = "state-of-the-test"

// StateUser returns the user that knative/README.md gives to the functions, as a line of
// redis.conf.
func StateUser(tb testing.TB) string {
	tb.Helper()
	for line := range strings.Lines(knative.Readme) {
		if strings.HasPrefix(line, "user kubejobs on >PASSWORD ") {
			return strings.TrimSpace(strings.Replace(line, "PASSWORD", statePassword, 1))
		}
	}
	tb.Fatal("knative/README.md has no line that begins with user kubejobs on >PASSWORD")
	return ""
}

// StartState starts a server for the functions' state, as Start does. Its URL is that of
// the user of StateUser, its Client that of an administrator.
func StartState(tb testing.TB, args ...string) *Server {
	tb.Helper()
	file := settings(tb, []string{StateUser(tb)})
	s := start(tb, redis.Options{}, []string{file}, func(port string) []string { return append([]string{"--port", port}, args...) })
	s.user = "kubejobs:" + statePassword + "@"
	return s
}
