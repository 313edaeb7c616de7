package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/caller"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/platform/auth"
	"kubejobs/shared/testkit/issuertest"
)

const audience = "kubejobs"

// gateOf returns a gate with tokens of a file and of an issuer.
func gateOf(t *testing.T, issuer *issuertest.Issuer, c *clock) *auth.Gate {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tokens.yaml")
	write(t, path, "- {name: reader, role: read, token: "+readToken+"}\n- {name: writer, role: write, token: "+writeToken+"}")
	tokens, err := auth.OpenTokens(path, quiet(), c.now)
	if err != nil {
		t.Fatal(err)
	}
	claims := auth.Claims{Roles: "groups", Read: []string{"viewers"}, Write: []string{"admins"}, Prefixes: "teams"}
	oidc := auth.NewOIDC(auth.NewIssuer(audience, auth.DiscoverAt(http.DefaultClient, issuer.URL()), c.now), claims)
	return auth.NewGate(tokens, oidc, c.now)
}

func request(t *testing.T, header string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	if header != "" {
		r.Header.Set("Authorization", header)
	}
	return r
}

func TestGate(t *testing.T) {
	t.Parallel()
	issuer, other := issuertest.Start(t), issuertest.Start(t)
	gate := gateOf(t, issuer, newClock())
	team := map[string]any{"groups": []string{"x", "viewers"}, "teams": []string{"team-a-"}}
	admin := map[string]any{"groups": "admins", "teams": "team-b-"}
	with := func(base map[string]any, name string, value any) map[string]any {
		claims := map[string]any{name: value}
		for k, v := range base {
			if k != name {
				claims[k] = v
			}
		}
		return claims
	}
	past := time.Now().Add(-time.Minute).Unix()
	tests := map[string]struct {
		header string
		role   caller.Role
		want   caller.Caller
		kind   failure.Kind // "": admitted
	}{
		"nothing":                 {"", caller.RoleRead, caller.Caller{}, failure.KindUnauthenticated},
		"another scheme":          {"Basic " + readToken, caller.RoleRead, caller.Caller{}, failure.KindUnauthenticated},
		"a wrong token":           {"Bearer " + wrongToken, caller.RoleRead, caller.Caller{}, failure.KindUnauthenticated},
		"a huge token":            {"Bearer " + strings.Repeat("a.b.c", 2000), caller.RoleRead, caller.Caller{}, failure.KindUnauthenticated},
		"a reader reads":          {"Bearer " + readToken, caller.RoleRead, caller.Caller{Name: "reader", Role: caller.RoleRead}, ""},
		"a reader writes":         {"bearer  " + readToken, caller.RoleWrite, caller.Caller{}, failure.KindForbidden},
		"a writer writes":         {"Bearer " + writeToken, caller.RoleWrite, caller.Caller{Name: "writer", Role: caller.RoleWrite}, ""},
		"a member reads":          {"Bearer " + issuer.Sign(audience, "ann", team), caller.RoleRead, caller.Caller{Name: "ann", Role: caller.RoleRead, Prefixes: []string{"team-a-"}}, ""},
		"a member writes":         {"Bearer " + issuer.Sign(audience, "ann", team), caller.RoleWrite, caller.Caller{}, failure.KindForbidden},
		"an admin writes":         {"Bearer " + issuer.Sign(audience, "bob", admin), caller.RoleWrite, caller.Caller{Name: "bob", Role: caller.RoleWrite, Prefixes: []string{"team-b-"}}, ""},
		"no role":                 {"Bearer " + issuer.Sign(audience, "eve", with(team, "groups", []string{"others"})), caller.RoleRead, caller.Caller{}, failure.KindForbidden},
		"no prefix":               {"Bearer " + issuer.Sign(audience, "eve", with(team, "teams", nil)), caller.RoleRead, caller.Caller{}, failure.KindForbidden},
		"an empty prefix":         {"Bearer " + issuer.Sign(audience, "eve", with(team, "teams", []string{"a", ""})), caller.RoleRead, caller.Caller{}, failure.KindForbidden},
		"for somebody else":       {"Bearer " + issuer.Sign("others", "ann", team), caller.RoleRead, caller.Caller{}, failure.KindUnauthenticated},
		"expired":                 {"Bearer " + issuer.Sign(audience, "ann", with(team, "exp", past)), caller.RoleRead, caller.Caller{}, failure.KindUnauthenticated},
		"not yet valid":           {"Bearer " + issuer.Sign(audience, "ann", with(team, "nbf", time.Now().Add(time.Hour).Unix())), caller.RoleRead, caller.Caller{}, failure.KindUnauthenticated},
		"of another issuer":       {"Bearer " + other.Sign(audience, "ann", team), caller.RoleRead, caller.Caller{}, failure.KindUnauthenticated},
		"forged in its name":      {"Bearer " + other.Sign(audience, "ann", with(team, "iss", issuer.URL())), caller.RoleRead, caller.Caller{}, failure.KindUnauthenticated},
		"without a signature":     {"Bearer " + unsigned(issuer.Sign(audience, "ann", admin)), caller.RoleRead, caller.Caller{}, failure.KindUnauthenticated},
		"with the algorithm none": {"Bearer eyJhbGciOiJub25lIn0." + strings.Split(issuer.Sign(audience, "ann", admin), ".")[1] + ".", caller.RoleRead, caller.Caller{}, failure.KindUnauthenticated},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // the second time from memory
				got, err := gate.Caller(request(t, tt.header), tt.role)
				if (err == nil) != (tt.kind == "") || err != nil && failure.KindOf(err) != tt.kind {
					t.Fatalf("error %v, want one of kind %q", err, tt.kind)
				}
				if diff := cmp.Diff(tt.want, got); err == nil && diff != "" {
					t.Errorf("caller (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// unsigned returns a token with another signature.
func unsigned(token string) string {
	parts := strings.Split(token, ".")
	return parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2]))
}

// A browser sends the token in a cookie.
func TestCookie(t *testing.T) {
	t.Parallel()
	gate := gateOf(t, issuertest.Start(t), newClock())
	r := request(t, "")
	r.AddCookie(&http.Cookie{Name: auth.Cookie, Value: readToken})
	if c, err := gate.Caller(r, caller.RoleRead); err != nil || c.Name != "reader" {
		t.Errorf("caller %+v, %v", c, err)
	}
}

// A key that an issuer withdrew is out of force within a minute, and a new one in force
// at once. An issuer that does not answer is no reason to refuse or to admit anybody new.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	issuer, c := issuertest.Start(t), newClock()
	gate := gateOf(t, issuer, c)
	admin := map[string]any{"groups": "admins", "teams": "a"}
	expect := func(what, token string, want failure.Kind) {
		t.Helper()
		_, err := gate.Caller(request(t, "Bearer "+token), caller.RoleWrite)
		if (err == nil) != (want == "") || err != nil && failure.KindOf(err) != want {
			t.Errorf("%s: error %v, want one of kind %q", what, err, want)
		}
	}
	issuer.Down(true)
	old := issuer.Sign(audience, "ann", admin)
	expect("the issuer is down at first", old, failure.KindUnavailable)
	issuer.Down(false)
	c.forward(10 * time.Second)
	expect("the issuer answers", old, "")

	issuer.Rotate(true)
	next := issuer.Sign(audience, "ann", admin)
	c.forward(10 * time.Second)
	expect("the new key", next, "")
	expect("the old key beside it", old, "")

	issuer.Rotate(false)
	c.forward(time.Minute)
	expect("the old key was withdrawn", old, failure.KindUnauthenticated)
	expect("the one after it", issuer.Sign(audience, "ann", admin), "")

	issuer.Down(true)
	c.forward(5 * time.Minute)
	expect("the issuer is down for five minutes", issuer.Sign(audience, "new", admin), "")
	c.forward(11 * time.Minute)
	expect("the issuer is down for long", issuer.Sign(audience, "newer", admin), failure.KindUnavailable)
}

// Whoever sends wrong tokens does not make the program ask the issuer for each of them.
func TestWrongTokensAskTheIssuerSeldom(t *testing.T) {
	t.Parallel()
	issuer, forger := issuertest.Start(t), issuertest.Start(t)
	gate := gateOf(t, issuer, newClock())
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 250 {
				subject := fmt.Sprint(worker, "-", i)
				forged := forger.Sign(audience, subject, map[string]any{"iss": issuer.URL(), "groups": "admins", "teams": "a"})
				if _, err := gate.Caller(request(t, "Bearer "+forged), caller.RoleRead); failure.KindOf(err) != failure.KindUnauthenticated {
					t.Errorf("error %v", err)
				}
			}
		})
	}
	all.Wait()
	if reads := issuer.Reads(); reads > 3 {
		t.Errorf("the keys were read %d times for 1,000 wrong tokens, want at most 3", reads)
	}
	honest := issuer.Sign(audience, "ann", map[string]any{"groups": "admins", "teams": "a"})
	if _, err := gate.Caller(request(t, "Bearer "+honest), caller.RoleWrite); err != nil {
		t.Errorf("an honest caller: %v", err)
	}
}

// An issuer that calls itself otherwise, or answers nonsense, verifies nothing.
func TestDiscoveryRefuses(t *testing.T) {
	t.Parallel()
	real := issuertest.Start(t)
	tests := map[string]http.HandlerFunc{
		"another name": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"issuer":"https://other","jwks_uri":"%s/keys"}`, real.URL())
		},
		"no JSON":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"no keys":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"issuer":"x"}`) },
		"a refusal": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(answer)
			t.Cleanup(server.Close)
			if keys, err := auth.DiscoverAt(http.DefaultClient, server.URL)(context.Background()); err == nil {
				t.Errorf("keys %v, want an error", keys)
			}
		})
	}
}
