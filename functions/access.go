package functions

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"kubejobs/shared/core/caller"
	"kubejobs/shared/drivers/kubeclient"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/auth"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/platform/httpapi"
)

// issuerTimeout bounds a request to an issuer.
const issuerTimeout = 5 * time.Second

// access decides who may call what.
type access struct {
	gate    *auth.Gate
	sources *auth.Sources // nil: Knative's sources need not prove who they are
	audit   *audit
	starts  *httpapi.Rates // of starts, by caller
}

// openAccess reads the tokens, and prepares to read the keys of the issuers when the first
// token comes. It warns of an API that asks for no token, unless only this machine can reach
// it.
func (s *Set) openAccess(ctx context.Context, loopback bool) error {
	a, now := s.cfg.Auth, time.Now // tokens expire by the real clock
	var tokens *auth.TokenFile
	var oidc *auth.OIDC
	if a.TokensFile != "" {
		var err error
		if tokens, err = auth.OpenTokens(a.TokensFile, s.log, now); err != nil {
			return fmt.Errorf("API_TOKENS_FILE: %w", err)
		}
	}
	if a.Issuer != "" {
		client, err := issuerClient(a.CACerts)
		if err != nil {
			return fmt.Errorf("OIDC_CA_FILE: %w", err)
		}
		issuer := auth.NewIssuer(a.Audience, auth.DiscoverAt(client, a.Issuer), now)
		oidc = auth.NewOIDC(issuer, auth.Claims{Roles: a.RolesClaim, Read: a.Read, Write: a.Write, Prefixes: a.PrefixClaim})
	}
	s.access = access{
		gate: auth.NewGate(tokens, oidc, now), audit: newAudit(s.log, s.cfg.TrustedProxies),
		starts: httpapi.NewRates(a.StartRate, a.StartBurst),
	}
	if s.access.gate.Open() && !loopback && (s.cfg.Target == config.TargetMonitor || s.cfg.Target == config.TargetAll) {
		s.log.WarnContext(ctx, "anybody who can reach the API may start and stop jobs: API_TOKENS_FILE or OIDC_ISSUER asks for tokens, "+
			"LISTEN_ADDRESS=127.0.0.1:PORT restricts it to this machine", "address", s.cfg.Listen)
	}
	if a.Sources.Audience == "" {
		return nil
	}
	discover, err := s.discoverSources()
	if err != nil {
		return err
	}
	s.access.sources = auth.NewSources(auth.NewIssuer(a.Sources.Audience, discover, now), now)
	return nil
}

// discoverSources returns what reads the keys by which the tokens of Knative's sources are
// verified.
func (s *Set) discoverSources() (auth.Discover, error) {
	if url := s.cfg.Auth.Sources.Issuer; url != "" {
		client, err := issuerClient(s.cfg.Auth.CACerts)
		if err != nil {
			return nil, fmt.Errorf("OIDC_CA_FILE: %w", err)
		}
		return auth.DiscoverAt(client, url), nil
	}
	client, server, err := kubeclient.HTTP(s.cfg.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("TICK_AUDIENCE: %w", err)
	}
	return auth.DiscoverKubernetes(client, server), nil
}

// issuerClient returns a client that trusts the authorities in a file, or those of the
// system if it is "". It follows no redirect.
func issuerClient(file string) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if file != "" {
		text, err := os.ReadFile(file) //nolint:gosec // a setting names it
		if err != nil {
			return nil, errors.Unwrap(err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(text) {
			return nil, errors.New("want certificates as PEM")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{
		Transport: transport, Timeout: issuerTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// reads returns a handler for callers who may read.
func (s *Set) reads(next http.Handler) http.Handler {
	if s.access.gate.Open() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r, _, ok := s.admit(w, r, caller.RoleRead, "read"); ok {
			next.ServeHTTP(w, r)
		}
	})
}

// readsAll returns a handler for callers who may read and see all jobs.
func (s *Set) readsAll(next http.Handler) http.Handler {
	return s.reads(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := monitor.CallerOf(r.Context()); ok && len(c.Prefixes) > 0 {
			httpapi.Fail(r.Context(), w, s.log, auth.ErrNotAllowed)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

// acts returns a handler of an action for callers who may write. Each is audited.
func (s *Set) acts(action string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := ""
		if !s.access.gate.Open() {
			var ok bool
			if r, who, ok = s.admit(w, r, caller.RoleWrite, action); !ok {
				return
			}
		}
		if action == actionStart && !s.access.starts.Take(w, cmp.Or(who, httpapi.Caller(r, s.cfg.TrustedProxies))) {
			s.access.audit.record(r, action, who, http.StatusTooManyRequests)
			return
		}
		answer := &httpapi.StatusRecorder{ResponseWriter: w}
		defer func() { s.access.audit.record(r, action, who, answer.Status()) }()
		next.ServeHTTP(answer, r)
	})
}

// admit returns a request with its caller, whose name it returns too. Otherwise it has
// answered the request.
func (s *Set) admit(w http.ResponseWriter, r *http.Request, role caller.Role, action string) (*http.Request, string, bool) {
	c, err := s.access.gate.Caller(r, role)
	if err != nil {
		if errors.Is(err, auth.ErrNoCredentials) || errors.Is(err, auth.ErrWrongToken) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="kubejobs"`)
		}
		httpapi.Fail(r.Context(), w, s.log, err)
		s.access.audit.refusal(r, action, c.Name, err)
		return r, c.Name, false
	}
	return r.WithContext(monitor.WithCaller(r.Context(), c)), c.Name, true
}

// verifyTick returns an error unless the PingSource of its job sends a tick.
func (s *Set) verifyTick(r *http.Request, tick monitor.Tick) error {
	name := sourceName(tick)
	return s.verifySource(r, "tick", auth.Source{Kind: auth.PingSource, Namespace: s.pingNamespace(), Name: name})
}

// fromSource returns a handler of events of one source.
func (s *Set) fromSource(action string, source auth.Source, next http.Handler) http.Handler {
	if s.access.sources == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.verifySource(r, action, source); err != nil {
			httpapi.Fail(r.Context(), w, s.log, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// verifySource returns an error unless a source sends a request, or a caller who may write.
func (s *Set) verifySource(r *http.Request, action string, source auth.Source) error {
	err := s.access.sources.Verify(r, source)
	if err == nil {
		return nil
	}
	if !s.access.gate.Open() {
		if _, other := s.access.gate.Caller(r, caller.RoleWrite); other == nil {
			return nil
		}
	}
	s.access.audit.refusal(r, action, "", err)
	return err
}
