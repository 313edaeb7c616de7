package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"kubejobs/shared/core/failure"
)

// maxDocument bounds what an issuer answers, in bytes.
const maxDocument = 1 << 20

// DiscoverAt returns what reads the keys of the issuer at a URL, by OpenID Connect Discovery
// 1.0. The issuer must have the name of its URL.
func DiscoverAt(client *http.Client, issuer string) Discover {
	return func(ctx context.Context) (Keys, error) {
		keys, err := discover(ctx, client, strings.TrimSuffix(issuer, "/"), "")
		if err == nil && keys.Issuer != issuer {
			return Keys{}, fmt.Errorf("the issuer at %s calls itself %s", failure.Clean(issuer), failure.Clean(keys.Issuer))
		}
		return keys, err
	}
}

// DiscoverKubernetes returns what reads the keys of the issuer of service accounts from
// an API server. It serves them at a path of its own, whatever its issuer is called.
func DiscoverKubernetes(client *http.Client, server string) Discover {
	return func(ctx context.Context) (Keys, error) {
		return discover(ctx, client, strings.TrimSuffix(server, "/"), "/openid/v1/jwks")
	}
}

// discover reads the discovery document below base, and the keys: from a path below base or,
// if that is "", from where the document says.
func discover(ctx context.Context, client *http.Client, base, path string) (Keys, error) {
	var document struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := getJSON(ctx, client, base+"/.well-known/openid-configuration", &document); err != nil {
		return Keys{}, err
	}
	if path != "" {
		document.Keys = base + path
	}
	if document.Issuer == "" || document.Keys == "" {
		return Keys{}, errors.New("the discovery document of the issuer lacks issuer or jwks_uri")
	}
	keys := Keys{Issuer: document.Issuer}
	if err := getJSON(ctx, client, document.Keys, &keys.Set); err != nil {
		return Keys{}, err
	}
	if len(keys.Set.Keys) == 0 {
		return Keys{}, errors.New("the issuer has no keys")
	}
	return keys, nil
}

func getJSON(ctx context.Context, client *http.Client, url string, target any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return errors.New("the issuer names no URL of its keys")
	}
	response, err := client.Do(r)
	if err != nil {
		return failure.Unavailable("the issuer does not answer", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the issuer answers %d", response.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxDocument)).Decode(target); err != nil {
		return errors.New("the issuer answers no JSON")
	}
	return nil
}
