package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Tokens of the tests.
const (
	readerToken = "token-of-a-reader-of-one-team-only"
	writerToken = "token-of-a-writer-who-sees-all-jobs"
)

// tokens is a file of API tokens.
type tokens struct {
	tb   testing.TB
	path string
}

func newTokens(tb testing.TB) *tokens {
	tb.Helper()
	f := &tokens{tb, filepath.Join(tb.TempDir(), "tokens.yaml")}
	f.write(readerToken, writerToken)
	return f
}

func (f *tokens) write(reader, writer string) {
	f.tb.Helper()
	text := fmt.Sprintf("- {name: ann, role: read, token: %s, prefixes: [team-a-]}\n- {name: bob, role: write, token: %s}\n", reader, writer)
	if err := os.WriteFile(f.path, []byte(text), 0o600); err != nil {
		f.tb.Fatal(err)
	}
}

// logIn enters a token in the dialog that asks for it.
func (p *tab) logIn(token string) {
	p.tb.Helper()
	p.untilShown("#login-dialog")
	p.write("#login-token", token)
	p.click("#login [type=submit]")
}

// A page asks for a token, says that one is wrong, and then shows and offers what its reader
// may see and do, until the reader logs out.
func TestLogIn(t *testing.T) {
	t.Parallel()
	s := local(t, append(handTicked(t), "API_TOKENS_FILE="+newTokens(t).path)...)
	s.token = writerToken
	for _, id := range []string{"team-a-1", "team-b-1"} {
		s.start(job{id: id, waiting: 100})
	}
	p := open(t, s.url(), "/")
	p.expect(`status of 401`)
	p.untilShown("#login-dialog")
	p.accessible("the dialog that asks for a token", someLooks)
	p.logIn("a-token-that-nobody-has-been-given")
	p.untilText("#login-error", "not valid")
	p.logIn("a-tökén")
	p.untilText("#login-error", "letters, digits")
	p.logIn(readerToken)
	p.untilLive()
	p.untilRows("team-a-1")
	p.untilText("#logout", "Log out ann")
	p.untilHidden("#open-start")
	if got := eval[string](p, "document.cookie"); got != "" {
		t.Errorf("scripts can read the cookie %q", got)
	}
	p.visit("/ui/jobs/team-a-1")
	p.untilHeading("team-a-1")
	p.untilLive()
	p.untilHidden("#stop")
	p.click("#logout")
	p.logIn(writerToken)
	p.untilHeading("team-a-1")
	p.untilShown("#stop")
	p.visit("/")
	p.untilRows("team-a-1", "team-b-1")
	p.untilShown("#open-start")
	p.accessible("the list of somebody who is logged in", someLooks)
}

// Where a token is withdrawn, an open page asks for another one, and goes on with it.
func TestTokenIsWithdrawn(t *testing.T) {
	t.Parallel()
	file := newTokens(t)
	s := local(t, append(handTicked(t), "API_TOKENS_FILE="+file.path)...)
	p := open(t, s.url(), "/")
	p.expect(`status of 401`)
	p.expectLoss()
	p.logIn(writerToken)
	p.untilLive()
	const changed = writerToken + "-changed"
	file.write(readerToken, changed)
	s.Restart() // ends the stream
	p.logIn(changed)
	p.untilLive()
	p.untilText("#logout", "Log out bob")
}
