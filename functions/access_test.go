package functions_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kubejobs/functions"
	"kubejobs/shared/testkit/issuertest"
)

// Tokens of the tests.
const (
	readToken  = "read-token-of-team-a-0123456789ab"
	writeToken = "write-token-of-team-a-0123456789a"
	otherToken = "write-token-of-team-b-0123456789a"
	wrongToken = "a-token-that-nobody-has-012345678"
)

// tokensFile writes the file of API_TOKENS_FILE: the callers see the jobs of their team.
func tokensFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tokens.yaml")
	text := fmt.Sprintf("- {name: reader, role: read, token: %s, prefixes: [team-a-]}\n- {name: writer, role: write, token: %s, prefixes: [team-a-]}\n"+
		"- {name: other, role: write, token: %s, prefixes: [team-b-]}\n- {name: admin, role: write, token: %s}\n",
		readToken, writeToken, otherToken, "admin-token-0123456789abcdefghij")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// callWith makes a call with a token, "" for none.
func callWith(t *testing.T, handler http.Handler, call, token string) *httptest.ResponseRecorder {
	t.Helper()
	method, path, _ := strings.Cut(call, " ")
	path, body, _ := strings.Cut(path, " ")
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if method == http.MethodPost && (path == "/" || path == "/sweep" || path == "/jobs" || path == "/metronome") {
		for name, value := range map[string]string{
			"Ce-Id": "1", "Ce-Specversion": "1.0", "Ce-Type": "dev.knative.sources.ping", "Ce-Source": "/apis/v1/namespaces/default/pingsources/x",
		} {
			r.Header.Set(name, value)
		}
	}
	if path == "/jobs" {
		r.Header.Set("Ce-Type", "dev.knative.apiserver.resource.update")
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

// accessTable returns the table of SECURITY.md: its columns after the first, and its rows.
func accessTable(t *testing.T) (columns []string, rows map[string][]string) {
	t.Helper()
	text, err := os.ReadFile("../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n## Who may call what\n")
	rows = map[string][]string{}
	for line := range strings.Lines(rest) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|--") {
			if len(rows) > 0 {
				break
			}
			continue
		}
		for i := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
		}
		if columns == nil {
			columns = cells[1:]
			continue
		}
		rows[cells[0]] = cells[1:]
	}
	return columns, rows
}

const startBody = `{"plugin":"kubejobs","plugin_info":{"expected_time":60,"number_of_jobs":3,"redis_ip":"127.0.0.1","redis_port":1}}`

// concrete returns the request for a call of the table.
func concrete(call string) string {
	bodies := map[string]string{
		"POST /monitoring/{id}": startBody, "POST /": `{"app_id":"team-a-1"}`, "POST /sweep": "{}",
		"POST /jobs": `{"metadata":{"name":"team-a-1","namespace":"default","resourceVersion":"1"},"status":{"active":1}}`,
	}
	return strings.TrimSpace(strings.ReplaceAll(call, "{id}", "team-a-1") + " " + bodies[call])
}

// Each call answers each credential as the table of SECURITY.md says, and the table has
// each route. A job of team-a exists; the last column has a token of team-b.
func TestWhoMayCallWhat(t *testing.T) {
	t.Parallel()
	columns, rows := accessTable(t)
	tokens := map[string]string{
		"nothing set": "", "no token": "", "wrong token": wrongToken, "read": readToken, "write": writeToken, "write, other ids": otherToken,
	}
	calls := slices.Sorted(func(yield func(string) bool) {
		for call := range rows {
			if !yield(call) {
				return
			}
		}
	})
	for i, column := range columns {
		token, known := tokens[column]
		if !known {
			t.Fatalf("the table has the column %q", column)
		}
		for _, call := range calls { // each with a job of its own
			settings := []string{"JOB_STATUS=events", "METRICS=true", "SCHEDULER=metronome", "TICK_SINK=", "ALLOWED_HOSTS=127.0.0.1/32"}
			if column != "nothing set" {
				settings = append(settings, "API_TOKENS_FILE="+tokensFile(t))
			}
			s := open(t, functions.Options{}, settings...)
			handler, err := s.Handler("all")
			if err != nil {
				t.Fatal(err)
			}
			admin := "admin-token-0123456789abcdefghij"
			if w := callWith(t, handler, "POST /monitoring/team-a-1 "+startBody, admin); w.Code != http.StatusAccepted {
				t.Fatalf("start: %d %s", w.Code, w.Body)
			}
			w := callWith(t, handler, concrete(call), token)
			if got := strconv.Itoa(w.Code); got != rows[call][i] {
				t.Errorf("%s with %s: %s %s, the table says %s", call, column, got, w.Body, rows[call][i])
			}
			if strings.Contains(w.Body.String(), "team-a-1") && column == "write, other ids" {
				t.Errorf("%s shows another team's job: %s", call, w.Body)
			}
		}
	}
}

// Each route is in the table, but streams, whose answers do not end, and what needs no
// token.
func TestTableHasEachRoute(t *testing.T) {
	t.Parallel()
	_, rows := accessTable(t)
	s := open(t, functions.Options{}, "JOB_STATUS=events")
	for pattern, methods := range s.Routes()["all"] {
		switch pattern {
		case "/", "/monitoring/{$}", "/monitoring/{id}/events", "/overview/events", "/ui/", "/ui/api", "/ui/api/style.css", "/session":
			continue
		}
		for _, method := range methods {
			call := method + " " + strings.ReplaceAll(strings.TrimSuffix(pattern, "{$}"), "/openapi", "/openapi.json")
			if rows[call] == nil {
				t.Errorf("the table lacks %s", call)
			}
		}
	}
}

// Streams need a token as other calls do, and show nobody else's jobs.
func TestStreamsNeedAToken(t *testing.T) {
	t.Parallel()
	s := open(t, functions.Options{}, "API_TOKENS_FILE="+tokensFile(t))
	handler, err := s.Handler("all")
	if err != nil {
		t.Fatal(err)
	}
	callWith(t, handler, "POST /monitoring/team-a-1 "+startBody, writeToken)
	for call, want := range map[string]int{
		"GET /monitoring/team-a-1/events": http.StatusNotFound, "GET /overview/events?job=team-a-1": http.StatusOK, "GET /overview/events": http.StatusOK,
	} {
		if w := callWith(t, handler, call, wrongToken); w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s with a wrong token: %d %v", call, w.Code, w.Header())
		}
		s.EndStreams() // what begins now ends at once, after the first messages
		w := callWith(t, handler, call, otherToken)
		if w.Code != want || strings.Contains(w.Body.String(), `"id":"team-a-1","phase"`) {
			t.Errorf("%s of another team: %d %s, want %d without the job", call, w.Code, w.Body, want)
		}
	}
}

// A token of an issuer counts as its claims say.
func TestTokensOfAnIssuer(t *testing.T) {
	t.Parallel()
	issuer := issuertest.Start(t)
	s := open(t, functions.Options{}, "OIDC_ISSUER="+issuer.URL(), "OIDC_AUDIENCE=kubejobs", "OIDC_READ_ROLES=viewers", "OIDC_WRITE_ROLES=admins", "OIDC_PREFIX_CLAIM=teams")
	handler, err := s.Handler("all")
	if err != nil {
		t.Fatal(err)
	}
	admin := issuer.Sign("kubejobs", "ann", map[string]any{"groups": []string{"admins"}, "teams": []string{"team-a-"}})
	viewer := issuer.Sign("kubejobs", "bob", map[string]any{"groups": []string{"viewers"}, "teams": []string{"team-a-"}})
	for _, tt := range []struct {
		call, token string
		want        int
	}{
		{"POST /monitoring/team-a-1 " + startBody, viewer, http.StatusForbidden},
		{"POST /monitoring/team-b-1 " + startBody, admin, http.StatusForbidden},
		{"POST /monitoring/team-a-1 " + startBody, admin, http.StatusAccepted},
		{"GET /monitoring/team-a-1", viewer, http.StatusOK},
		{"GET /monitoring/team-a-1", issuer.Sign("others", "eve", map[string]any{"groups": "admins"}), http.StatusUnauthorized},
	} {
		if w := callWith(t, handler, tt.call, tt.token); w.Code != tt.want {
			t.Errorf("%s: %d %s, want %d", tt.call, w.Code, w.Body, tt.want)
		}
	}
}
