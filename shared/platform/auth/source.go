package auth

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"kubejobs/shared/core/caller"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/platform/httpapi"
)

// Kinds of Knative's sources.
const (
	PingSource      = "PingSource"
	APIServerSource = "ApiServerSource"
)

// Source is one of Knative's sources of events.
type Source struct{ Kind, Namespace, Name string }

// accountSuffix is between a source's name and its kind in the name of its account.
const accountSuffix = "-oidc-sources.knative.dev-"

// Subject returns the subject of the tokens of a source, as Knative Eventing names the
// service account: pkg/auth/serviceaccount.go of knative.dev/eventing.
func (s Source) Subject() string {
	account := strings.ToLower(childName(s.Name, accountSuffix+s.Kind))
	return "system:serviceaccount:" + s.Namespace + ":" + account
}

// ErrNotTheSource means that a token is that of another source.
var ErrNotTheSource = &failure.Error{Kind: failure.KindForbidden, Message: "the token is not that of the source of this event"}

// Sources verifies the tokens that Knative's sources send with their events: those of
// service accounts that Knative creates, one for each source.
type Sources struct {
	issuer *Issuer
	memory *memory
}

// NewSources returns a Sources.
func NewSources(issuer *Issuer, now func() time.Time) *Sources {
	return &Sources{issuer: issuer, memory: newMemory(now)}
}

// Verify returns an error unless a source sends a request.
func (s *Sources) Verify(r *http.Request, source Source) error {
	text := httpapi.Bearer(r)
	if text == "" {
		return ErrNoCredentials
	}
	if len(text) > maxCredentials {
		return ErrWrongToken
	}
	c, ok := s.memory.get(text)
	if !ok {
		token, err := s.issuer.Verify(r.Context(), text)
		switch {
		case errors.Is(err, errIssuer):
			return failure.Unavailable("the issuer of the sources' tokens does not answer", err)
		case err != nil:
			return ErrWrongToken
		}
		c = caller.Caller{Name: token.Subject}
		s.memory.put(text, known{caller: c, until: token.Expiry})
	}
	if c.Name != source.Subject() {
		return ErrNotTheSource
	}
	return nil
}
