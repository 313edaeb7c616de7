package auth

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/time/rate"
)

const (
	// keysFor is how long the keys of an issuer are used before they are read again, so that
	// a key that it withdrew is out of force.
	keysFor = time.Minute
	// keysKept is how long they stay in force while the issuer does not answer.
	keysKept = 15 * time.Minute
	// keysEach is how often they are read at most, whatever tokens come.
	keysEach = 5 * time.Second
	// discoverTimeout bounds one reading.
	discoverTimeout = 5 * time.Second
)

// Keys are the name of an issuer and its public keys.
type Keys struct {
	Issuer string
	Set    jose.JSONWebKeySet
}

// Discover reads the keys of an issuer.
type Discover func(ctx context.Context) (Keys, error)

// Issuer verifies tokens of one issuer for one audience.
type Issuer struct {
	audience string
	discover Discover
	now      func() time.Time
	reads    *rate.Limiter

	reading sync.Mutex // held while the keys are read

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier // nil: the keys were never read
	read     time.Time
	cause    error // why the last reading failed
}

// NewIssuer returns an Issuer, which reads the keys when the first token comes.
func NewIssuer(audience string, discover Discover, now func() time.Time) *Issuer {
	return &Issuer{audience: audience, discover: discover, now: now, reads: rate.NewLimiter(rate.Every(keysEach), 2)}
}

// errIssuer means that the keys of an issuer are not known: nobody can be told from
// anybody else.
var errIssuer = errors.New("the keys of the issuer cannot be read")

// Verify returns a token that the issuer made for the audience and that has not expired.
// Its error wraps errIssuer if that cannot be known.
func (i *Issuer) Verify(ctx context.Context, text string) (*oidc.IDToken, error) {
	verifier, err := i.current(ctx)
	if err != nil {
		return nil, err
	}
	token, err := verifier.Verify(ctx, text)
	if err == nil || !strings.Contains(err.Error(), wrongSignature) {
		return token, err
	}
	if i.refresh(ctx) != nil { // it may be signed with a new key
		return nil, err
	}
	fresh, _ := i.state()
	if fresh == verifier { // the keys were read just now
		return nil, err
	}
	return fresh.Verify(ctx, text)
}

// wrongSignature is what go-oidc says of a token that is right but for its signature; it has
// no type of its own.
const wrongSignature = "failed to verify signature"

// current returns the verifier, with keys that are at most keysFor old or, if the issuer does
// not answer, keysKept.
func (i *Issuer) current(ctx context.Context) (*oidc.IDTokenVerifier, error) {
	verifier, age := i.state()
	if verifier != nil && age < keysFor {
		return verifier, nil
	}
	err := i.refresh(ctx)
	if verifier, age = i.state(); verifier != nil && age < keysKept {
		return verifier, nil
	}
	return nil, fmt.Errorf("%w: %w", errIssuer, err)
}

func (i *Issuer) state() (*oidc.IDTokenVerifier, time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.verifier, i.now().Sub(i.read)
}

// refresh reads the keys unless that was done just now. One caller reads; those who come
// meanwhile wait for it.
func (i *Issuer) refresh(ctx context.Context) error {
	before, _ := i.state()
	i.reading.Lock()
	defer i.reading.Unlock()
	if after, _ := i.state(); after != before {
		return nil
	}
	if !i.reads.AllowN(i.now(), 1) {
		i.mu.Lock()
		defer i.mu.Unlock()
		return i.cause
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discoverTimeout)
	defer cancel()
	keys, err := i.discover(ctx)
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.cause = err; err != nil {
		return err
	}
	i.verifier, i.read = i.newVerifier(keys), i.now()
	return nil
}

func (i *Issuer) newVerifier(keys Keys) *oidc.IDTokenVerifier {
	set := &oidc.StaticKeySet{}
	for _, key := range keys.Set.Keys {
		if key.IsPublic() && key.Valid() {
			set.PublicKeys = append(set.PublicKeys, crypto.PublicKey(key.Key))
		}
	}
	return oidc.NewVerifier(keys.Issuer, set, &oidc.Config{
		ClientID: i.audience, Now: i.now,
		SupportedSigningAlgs: []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.EdDSA},
	})
}
