package bench_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"kubejobs/shared/core/caller"
	"kubejobs/shared/platform/auth"
	"kubejobs/shared/testkit/issuertest"
)

const audience = "kubejobs"

// BenchmarkIdentity measures what it adds to a request to find out who sends it: the source
// of a tick, a caller with a token of an issuer, a caller with the last of 200 API tokens,
// and somebody with a forged token, who is refused.
func BenchmarkIdentity(b *testing.B) {
	issuer, forger := issuertest.Start(b), issuertest.Start(b)
	source := auth.Source{Kind: auth.PingSource, Namespace: "default", Name: "bench"}
	sources := auth.NewSources(newIssuer(issuer), time.Now)
	tokens, err := auth.OpenTokens(tokenFile(b, 200), slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	byFile := auth.NewGate(tokens, nil, time.Now)
	byIssuer := auth.NewGate(nil, auth.NewOIDC(newIssuer(issuer), auth.Claims{Write: []string{"*"}}), time.Now)
	forged := make([]string, 1000)
	for i := range forged {
		forged[i] = forger.Sign(audience, source.Subject(), map[string]any{"iss": issuer.URL(), "jti": strconv.Itoa(i)})
	}
	call := func(r *http.Request, gate *auth.Gate) error {
		_, err := gate.Caller(r, caller.RoleWrite)
		return err
	}
	for _, bb := range []struct {
		name    string
		token   func(n int) string
		find    func(*http.Request) error
		refused bool
	}{
		{"source", func(int) string { return issuer.Sign(audience, source.Subject(), nil) }, func(r *http.Request) error { return sources.Verify(r, source) }, false},
		{"issuer", func(int) string { return issuer.Sign(audience, "ann", nil) }, func(r *http.Request) error { return call(r, byIssuer) }, false},
		{"file", func(int) string { return apiToken(199) }, func(r *http.Request) error { return call(r, byFile) }, false},
		{"forged", func(n int) string { return forged[n%len(forged)] }, func(r *http.Request) error { return sources.Verify(r, source) }, true},
	} {
		b.Run(bb.name, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodPost, "/", http.NoBody)
			r.Header.Set("Authorization", "Bearer "+bb.token(0))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if bb.refused {
					r.Header.Set("Authorization", "Bearer "+bb.token(i))
				}
				if err := bb.find(r); (err != nil) != bb.refused {
					b.Fatalf("error %v", err)
				}
			}
		})
	}
}

func newIssuer(issuer *issuertest.Issuer) *auth.Issuer {
	return auth.NewIssuer(audience, auth.DiscoverAt(http.DefaultClient, issuer.URL()), time.Now)
}

// tokenFile writes a file of API tokens.
func tokenFile(b *testing.B, count int) string {
	b.Helper()
	var text strings.Builder
	for i := range count {
		fmt.Fprintf(&text, "- {name: caller-%d, role: write, token: %s}\n", i, apiToken(i))
	}
	path := filepath.Join(b.TempDir(), "tokens.yaml")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

func apiToken(n int) string { return fmt.Sprintf("token-of-a-caller-%020d", n) }
