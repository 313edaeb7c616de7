// Package issuertest runs an issuer of OpenID Connect for tests: its keys rotate, and it
// can stop to answer.
package issuertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Issuer is an issuer on loopback.
type Issuer struct {
	t      testing.TB
	server *httptest.Server
	down   atomic.Bool
	reads  atomic.Int64

	mu   sync.Mutex
	keys []jose.JSONWebKey // the last one signs
}

// Start starts an issuer that ends with the test.
func Start(tb testing.TB) *Issuer {
	tb.Helper()
	i := &Issuer{t: tb}
	i.Rotate(false)
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		i.answer(w, map[string]string{"issuer": i.URL(), "jwks_uri": i.URL() + "/keys"})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		i.reads.Add(1)
		i.answer(w, i.public())
	})
	i.server = httptest.NewServer(mux)
	tb.Cleanup(i.server.Close)
	return i
}

// URL returns the name of the issuer.
func (i *Issuer) URL() string { return i.server.URL }

// Reads returns how often the keys were read.
func (i *Issuer) Reads() int { return int(i.reads.Load()) }

// Down makes the issuer answer 503, or ends that.
func (i *Issuer) Down(down bool) { i.down.Store(down) }

// Rotate makes the issuer sign with another key. It goes on to publish the keys before if
// keep is true.
func (i *Issuer) Rotate(keep bool) {
	i.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		i.t.Fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	key := jose.JSONWebKey{Key: private, KeyID: strconv.Itoa(len(i.keys)) + time.Now().String(), Algorithm: string(jose.ES256), Use: "sig"}
	if !keep {
		i.keys = nil
	}
	i.keys = append(i.keys, key)
}

// Sign returns a token for an audience that is valid for an hour. claims replace its own.
func (i *Issuer) Sign(audience, subject string, claims map[string]any) string {
	i.t.Helper()
	now := time.Now()
	all := map[string]any{
		"iss": i.URL(), "aud": audience, "sub": subject, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	maps.Copy(all, claims)
	i.mu.Lock()
	defer i.mu.Unlock()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: i.keys[len(i.keys)-1]}, nil)
	if err != nil {
		i.t.Fatal(err)
	}
	text, err := json.Marshal(all)
	if err != nil {
		i.t.Fatal(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		i.t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		i.t.Fatal(err)
	}
	return token
}

func (i *Issuer) public() jose.JSONWebKeySet {
	i.mu.Lock()
	defer i.mu.Unlock()
	var set jose.JSONWebKeySet
	for _, key := range i.keys {
		set.Keys = append(set.Keys, key.Public())
	}
	return set
}

func (i *Issuer) answer(w http.ResponseWriter, body any) {
	if i.down.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // the caller may be gone
}
