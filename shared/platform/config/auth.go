package config

import (
	"net/url"
	"strings"
)

// Auth says who may call.
type Auth struct {
	TokensFile string // path; "": no API tokens

	Issuer   string // URL; "": no OpenID Connect
	Audience string
	CACerts  string // PEM file of the issuer; "" is the system's
	// RolesClaim is the name of the claim with the roles; Read and Write are its values
	// that stand for a role. PrefixClaim is that of the prefixes of ids, or "".
	RolesClaim, PrefixClaim string
	Read, Write             []string

	Sources Sources

	StartRate  float64 // starts of a caller in a second; 0: no limit
	StartBurst int     // starts at once
}

// Sources says how Knative's sources prove who they are.
type Sources struct {
	Audience string // of their tokens; "": they need not prove it
	Issuer   string // URL; "": the API server's issuer of service accounts
	Sweep    string // name of the PingSource that asks for sweeps
	Jobs     string // name of the ApiServerSource that sends the events of Jobs
	// Metronome is the name of the PingSource that beats for all jobs.
	Metronome string
}

func (r *reader) auth(scheduler string) Auth {
	a := Auth{
		TokensFile: r.text("API_TOKENS_FILE", ""),
		Issuer:     r.issuer("OIDC_ISSUER"), Audience: r.text("OIDC_AUDIENCE", ""), CACerts: r.text("OIDC_CA_FILE", ""),
		RolesClaim: r.text("OIDC_ROLES_CLAIM", "groups"), PrefixClaim: r.text("OIDC_PREFIX_CLAIM", ""),
		Read: split(r.text("OIDC_READ_ROLES", "")), Write: split(r.text("OIDC_WRITE_ROLES", "")),
		Sources: Sources{
			Audience: r.text("TICK_AUDIENCE", ""), Issuer: r.issuer("TICK_ISSUER"),
			Sweep: r.text("SWEEP_SOURCE", "sweep"), Jobs: r.text("JOBS_SOURCE", "kubejobs-job-events"),
			Metronome: r.text("METRONOME_SOURCE", "metronome"),
		},
		StartRate: r.rate("START_RATE"), StartBurst: r.integer("START_BURST", 50, 1, 100_000),
	}
	if a.Issuer != "" && a.Audience == "" {
		r.reject("OIDC_AUDIENCE", "is required with OIDC_ISSUER: a token for somebody else would be taken")
	}
	if a.Issuer != "" && len(a.Read)+len(a.Write) == 0 {
		r.reject("OIDC_READ_ROLES", "is required with OIDC_ISSUER, or OIDC_WRITE_ROLES: values of the claim %s, or *", a.RolesClaim)
	}
	if a.Issuer == "" && a.Audience != "" {
		r.reject("OIDC_ISSUER", "is required with OIDC_AUDIENCE")
	}
	if a.Sources.Audience != "" && scheduler == SchedulerLocal {
		r.reject("TICK_AUDIENCE", "the local scheduler has no tokens: want SCHEDULER=knative or metronome")
	}
	return a
}

// issuer reads the URL of an issuer: https, or http on loopback.
func (r *reader) issuer(setting string) string {
	text := r.text(setting, "")
	if text == "" {
		return ""
	}
	parsed := parseURL(text, "https", "http")
	switch {
	case parsed == nil:
		r.reject(setting, "want https://… with a host")
	case parsed.User != nil:
		r.reject(setting, "want a URL without user and password")
	case parsed.Scheme == "http" && !onLoopback(parsed):
		r.reject(setting, "want https://…: the keys would come from anybody on the way")
	}
	return text
}

func onLoopback(u *url.URL) bool {
	host := u.Hostname()
	return host == "localhost" || strings.HasPrefix(host, "127.") || host == "::1"
}

// rate reads a number a second; 0 means no limit.
func (r *reader) rate(setting string) float64 { return r.number(setting, 0, 0, 1e6) }
