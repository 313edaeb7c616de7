package auth

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"kubejobs/shared/core/caller"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/platform/httpapi"
)

// Errors of Gate.Caller.
var (
	ErrNoCredentials = &failure.Error{Kind: failure.KindUnauthenticated, Message: "a token is required: send the header Authorization: Bearer TOKEN"}
	ErrWrongToken    = &failure.Error{Kind: failure.KindUnauthenticated, Message: "the token is not valid here"}
	ErrNotAllowed    = &failure.Error{Kind: failure.KindForbidden, Message: "the token does not allow this"}
)

// maxCredentials bounds a token, in bytes: more is not looked at.
const maxCredentials = 8 << 10

// Cookie is the name of the cookie with which a browser sends a token.
const Cookie = "kubejobs-token"

// Gate finds out who calls.
type Gate struct {
	tokens *TokenFile // nil: no API tokens
	oidc   *OIDC      // nil: no OpenID Connect
	memory *memory
}

// NewGate returns a Gate; each of its parts may be nil.
func NewGate(tokens *TokenFile, oidc *OIDC, now func() time.Time) *Gate {
	return &Gate{tokens: tokens, oidc: oidc, memory: newMemory(now)}
}

// Open reports whether nobody has to say who calls.
func (g *Gate) Open() bool { return g.tokens == nil && g.oidc == nil }

// Caller returns who makes a request, if that caller may do what role says.
func (g *Gate) Caller(r *http.Request, role caller.Role) (caller.Caller, error) {
	text := credentials(r)
	if text == "" {
		return caller.Caller{}, ErrNoCredentials
	}
	c, err := g.find(r.Context(), text)
	switch {
	case errors.Is(err, errIssuer):
		return c, failure.Unavailable("the issuer of tokens does not answer", err)
	case errors.Is(err, errRole):
		return c, ErrNotAllowed
	case err != nil:
		return c, ErrWrongToken
	case c.Role < role:
		return c, ErrNotAllowed
	}
	return c, nil
}

func (g *Gate) find(ctx context.Context, text string) (caller.Caller, error) {
	if len(text) > maxCredentials {
		return caller.Caller{}, ErrWrongToken
	}
	if g.tokens != nil {
		if c, ok := g.tokens.Find(text); ok {
			return c, nil
		}
	}
	if g.oidc == nil || strings.Count(text, ".") != 2 {
		return caller.Caller{}, ErrWrongToken
	}
	if c, ok := g.memory.get(text); ok {
		return c, nil
	}
	k, err := g.oidc.find(ctx, text)
	if err != nil {
		return caller.Caller{}, err
	}
	g.memory.put(text, k)
	return k.caller, nil
}

// credentials returns the token of a request: of its header, or of the cookie of a browser.
func credentials(r *http.Request) string {
	if token := httpapi.Bearer(r); token != "" {
		return token
	}
	if cookie, err := r.Cookie(Cookie); err == nil {
		return cookie.Value
	}
	return ""
}
