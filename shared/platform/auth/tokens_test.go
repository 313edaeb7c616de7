package auth_test

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/caller"
	"kubejobs/shared/platform/auth"
)

// Tokens of the tests.
var (
	readToken  = strings.Repeat("r", 32)
	writeToken = strings.Repeat("w", 40)
	wrongToken = strings.Repeat("x", 40)
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// clock is a clock that a test moves.
type clock struct{ at time.Time }

func newClock() *clock                   { return &clock{time.Now()} }
func (c *clock) now() time.Time          { return c.at }
func (c *clock) forward(d time.Duration) { c.at = c.at.Add(d) }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tokens.yaml")
	write(t, path, "- {name: grafana, role: read, sha256: "+digest(readToken)+", prefixes: [team-a-, team-b-]}\n"+
		"- {name: ops@example.org, role: write, token: "+writeToken+"}\n")
	tokens, err := auth.OpenTokens(path, quiet(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		token string
		want  caller.Caller
		ok    bool
	}{
		"by its digest": {readToken, caller.Caller{Name: "grafana", Role: caller.RoleRead, Prefixes: []string{"team-a-", "team-b-"}}, true},
		"itself":        {writeToken, caller.Caller{Name: "ops@example.org", Role: caller.RoleWrite}, true},
		"another one":   {wrongToken, caller.Caller{}, false},
		"the digest":    {digest(readToken), caller.Caller{}, false},
		"a beginning":   {writeToken[:39], caller.Caller{}, false},
		"nothing":       {"", caller.Caller{}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := tokens.Find(tt.token)
			if diff := cmp.Diff(tt.want, got); ok != tt.ok || diff != "" {
				t.Errorf("found %t, want %t; caller (-want +got):\n%s", ok, tt.ok, diff)
			}
		})
	}
}

// The error names every wrong entry, and shows no token.
func TestTokensAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want []string
	}{
		"all wrong": {
			"- {name: '', role: admin, token: " + writeToken + ", sha256: abc, prefixes: [A]}\n- {name: b, role: read, token: short-secret}\n- {name: b, role: read, sha256: xyz}",
			[]string{"[0].name", "[0].role", "[0].prefixes", "[0].token", "[1].token: want at least 32", "[2].sha256", "[2].name: there are two"},
		},
		"neither":          {"- {name: a, role: read}", []string{"[0].token: want either"}},
		"an unknown field": {"- {name: a, role: read, token: " + writeToken + ", id: x}", []string{"want a YAML list"}},
		"no list":          {"token: " + writeToken, []string{"want a YAML list"}},
		"empty":            {"", []string{"want 1 to 200 tokens"}},
		"too many":         {strings.Repeat("- {name: a, role: read, token: "+writeToken+"}\n", 201), []string{"want 1 to 200 tokens"}},
		"too large":        {strings.Repeat("#", 1<<20+1), []string{"want at most 1048576 bytes"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "tokens.yaml")
			write(t, path, tt.text)
			_, err := auth.OpenTokens(path, quiet(), time.Now)
			for _, part := range tt.want {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("error %v, want it to say %q", err, part)
				}
			}
			if err != nil && (strings.Contains(err.Error(), writeToken) || strings.Contains(err.Error(), "short-secret")) {
				t.Errorf("the error shows a token: %v", err)
			}
		})
	}
	if _, err := auth.OpenTokens(filepath.Join(t.TempDir(), "none"), quiet(), time.Now); err == nil {
		t.Error("a file that does not exist is taken")
	}
}

// A file that changes is in force within a minute, also as Kubernetes replaces a mounted
// Secret; one that cannot be read leaves the tokens before in force.
func TestTokensAreReadAgain(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "tokens.yaml")
	mount := func(version, token string) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(folder, version), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(folder, version, "tokens.yaml"), "- {name: a, role: read, token: "+token+"}")
		link := filepath.Join(folder, "..data_tmp")
		if err := os.Symlink(version, link); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(link, filepath.Join(folder, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	mount("..1", readToken)
	if err := os.Symlink(filepath.Join("..data", "tokens.yaml"), path); err != nil {
		t.Fatal(err)
	}
	c := newClock()
	tokens, err := auth.OpenTokens(path, quiet(), c.now)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(what string, old, next bool) {
		t.Helper()
		_, hasOld := tokens.Find(readToken)
		_, hasNew := tokens.Find(writeToken)
		if hasOld != old || hasNew != next {
			t.Errorf("%s: the old token is valid %t, the new one %t, want %t, %t", what, hasOld, hasNew, old, next)
		}
	}
	expect("at first", true, false)
	mount("..2", writeToken)
	c.forward(time.Minute)
	expect("after a minute", false, true)
	write(t, filepath.Join(folder, "..2", "tokens.yaml"), "{")
	c.forward(time.Minute)
	expect("damaged", false, true)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	c.forward(time.Minute)
	expect("removed", false, true)
	write(t, path, "- {name: a, role: read, token: "+readToken+"}")
	c.forward(time.Minute)
	expect("mended", true, false)
}
