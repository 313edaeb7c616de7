package session_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kubejobs/functions/session"
	"kubejobs/shared/core/caller"
	"kubejobs/shared/core/failure"
)

const token = "right-token"

func identify(r *http.Request) (caller.Caller, error) {
	cookie, _ := r.Cookie("c")
	if r.Header.Get("Authorization") == "Bearer "+token || cookie != nil && cookie.Value == token {
		return caller.Caller{Name: "ann", Role: caller.RoleRead, Prefixes: []string{"a-"}}, nil
	}
	return caller.Caller{}, &failure.Error{Kind: failure.KindUnauthenticated, Message: "the token is not valid here"}
}

func do(t *testing.T, o session.Options, method string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/session", http.NoBody)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	o.Cookie, o.Log = "c", slog.New(slog.DiscardHandler)
	session.New(o).ServeHTTP(w, r)
	return w
}

func TestSession(t *testing.T) {
	t.Parallel()
	closed := session.Options{Identify: identify}
	const known = `{"open":false,"caller":"ann","role":"read","prefixes":["a-"]}`
	tests := map[string]struct {
		of     session.Options
		method string
		header []string
		status int
		body   string // a part of it
		cookie string // a part of the header; "": none
	}{
		"open":                 {session.Options{}, http.MethodGet, nil, 200, `{"open":true,"caller":"","role":"write","prefixes":[]}`, ""},
		"log in where open":    {session.Options{}, http.MethodPost, []string{"Authorization", "Bearer " + token}, 400, "no token is needed", ""},
		"nobody":               {closed, http.MethodGet, nil, 401, "not valid", ""},
		"by the header":        {closed, http.MethodGet, []string{"Authorization", "Bearer " + token}, 200, known, ""},
		"by the cookie":        {closed, http.MethodGet, []string{"Cookie", "c=" + token}, 200, known, ""},
		"log in":               {closed, http.MethodPost, []string{"Authorization", "Bearer " + token}, 200, known, "c=" + token + "; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"},
		"log in behind TLS":    {closed, http.MethodPost, []string{"Authorization", "Bearer " + token, "X-Forwarded-Proto", "https"}, 200, known, "HttpOnly; Secure; SameSite=Strict"},
		"log in wrongly":       {closed, http.MethodPost, []string{"Authorization", "Bearer x"}, 401, "not valid", ""},
		"log in by the cookie": {closed, http.MethodPost, []string{"Cookie", "c=" + token}, 400, "want the header", ""},
		"another scheme":       {closed, http.MethodPost, []string{"Authorization", "Basic x", "Cookie", "c=" + token}, 400, "want the header", ""},
		"log out":              {closed, http.MethodDelete, nil, 204, "", "c=; Path=/; Max-Age=0"},
		"another method":       {closed, http.MethodPut, nil, 405, "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := do(t, tt.of, tt.method, tt.header...)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.body) {
				t.Errorf("%d %s, want %d with %s", w.Code, w.Body, tt.status, tt.body)
			}
			got := w.Header().Get("Set-Cookie")
			if !strings.Contains(got, tt.cookie) || (got == "") != (tt.cookie == "") {
				t.Errorf("cookie %q, want %q", got, tt.cookie)
			}
		})
	}
}
