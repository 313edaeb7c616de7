// Package session serves /session, which tells a browser who its reader is, and keeps the
// reader's token in a cookie that no script can read.
package session

import (
	"log/slog"
	"net/http"
	"strings"

	"kubejobs/shared/core/caller"
	"kubejobs/shared/platform/httpapi"
)

// Identify returns who makes a request.
type Identify func(r *http.Request) (caller.Caller, error)

// Session is who the reader is.
type Session struct {
	Open     bool     `json:"open"`   // nobody has to say who calls
	Caller   string   `json:"caller"` // the name of the token; "" if Open
	Role     string   `json:"role"`   // read or write
	Prefixes []string `json:"prefixes"`
}

// Options are the settings of the handlers.
type Options struct {
	Identify Identify // nil: nobody has to say who calls
	Cookie   string   // name of the cookie with the token
	Log      *slog.Logger
}

// maxAge is how long a browser keeps the cookie, in seconds. The token may expire before.
const maxAge = 12 * 3600

// New returns the handler of GET, which answers who the reader is; of POST, which keeps the
// token of the request in a cookie; and of DELETE, which removes the cookie.
func New(o Options) httpapi.Methods {
	return httpapi.Methods{
		http.MethodGet:    http.HandlerFunc(o.show),
		http.MethodPost:   http.HandlerFunc(o.keep),
		http.MethodDelete: http.HandlerFunc(o.forget),
	}
}

func (o Options) show(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if o.Identify == nil {
		httpapi.Respond(w, http.StatusOK, Session{Open: true, Role: caller.RoleWrite.String(), Prefixes: []string{}})
		return
	}
	c, err := o.Identify(r)
	if err != nil {
		httpapi.Fail(r.Context(), w, o.Log, err)
		return
	}
	httpapi.Respond(w, http.StatusOK, newSession(c))
}

func newSession(c caller.Caller) Session {
	return Session{Caller: c.Name, Role: c.Role.String(), Prefixes: append([]string{}, c.Prefixes...)}
}

// keep takes the token from the header Authorization: a form of another origin cannot
// send that.
func (o Options) keep(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if o.Identify == nil {
		httpapi.Refuse(w, http.StatusBadRequest, "no token is needed here")
		return
	}
	token := httpapi.Bearer(r)
	if token == "" {
		httpapi.Refuse(w, http.StatusBadRequest, "want the header Authorization: Bearer TOKEN")
		return
	}
	c, err := o.Identify(r)
	if err != nil {
		httpapi.Fail(r.Context(), w, o.Log, err)
		return
	}
	http.SetCookie(w, o.cookie(r, token, maxAge))
	httpapi.Respond(w, http.StatusOK, newSession(c))
}

func (o Options) forget(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, o.cookie(r, "", -1))
	w.WriteHeader(http.StatusNoContent)
}

func (o Options) cookie(r *http.Request, value string, age int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure would keep it from a server on loopback, which has no TLS
		Name: o.Cookie, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https"),
	}
}
