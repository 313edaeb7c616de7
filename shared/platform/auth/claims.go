package auth

import (
	"context"
	"errors"
	"slices"

	"kubejobs/shared/core/caller"
	"kubejobs/shared/core/failure"
)

// Claims says what the claims of a token mean.
type Claims struct {
	Roles       string   // name of the claim with the roles: a text or a list of texts
	Read, Write []string // values of it that stand for a role; "*" stands for any token
	// Prefixes is the name of the claim with the prefixes of the ids that a caller may see, a
	// text or a list of texts; "": all ids.
	Prefixes string
}

// errRole means that a token gives its caller no role.
var errRole = errors.New("the token has no role here")

// OIDC finds callers by tokens of an issuer.
type OIDC struct {
	issuer *Issuer
	claims Claims
}

// NewOIDC returns an OIDC.
func NewOIDC(issuer *Issuer, claims Claims) *OIDC { return &OIDC{issuer, claims} }

// find returns the caller with a token, and what it expires at.
func (o *OIDC) find(ctx context.Context, text string) (known, error) {
	token, err := o.issuer.Verify(ctx, text)
	if err != nil {
		return known{}, err
	}
	claims := map[string]any{}
	if err := token.Claims(&claims); err != nil {
		return known{}, err
	}
	c := caller.Caller{Name: failure.Shorten(token.Subject, maxName)}
	roles := texts(claims[o.claims.Roles])
	switch {
	case o.claims.includes(o.claims.Write, roles):
		c.Role = caller.RoleWrite
	case o.claims.includes(o.claims.Read, roles):
		c.Role = caller.RoleRead
	default:
		return known{}, errRole
	}
	if o.claims.Prefixes != "" {
		if c.Prefixes = texts(claims[o.claims.Prefixes]); len(c.Prefixes) == 0 || slices.Contains(c.Prefixes, "") {
			return known{}, errRole // no prefix would be all ids
		}
	}
	return known{caller: c, until: token.Expiry}, nil
}

const maxName = 100

func (c Claims) includes(values, roles []string) bool {
	return slices.Contains(values, "*") || slices.ContainsFunc(values, func(value string) bool { return slices.Contains(roles, value) })
}

// texts returns the texts of a claim.
func texts(claim any) []string {
	switch claim := claim.(type) {
	case string:
		return []string{claim}
	case []any:
		var all []string
		for _, value := range claim {
			if text, ok := value.(string); ok {
				all = append(all, text)
			}
		}
		return all
	default:
		return nil
	}
}
