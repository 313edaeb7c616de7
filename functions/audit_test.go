package functions_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"kubejobs/functions"
	"kubejobs/shared/platform/config"
)

// auditLog is a log that a test reads.
type auditLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *auditLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// audits returns the audit lines, each with its values.
func (l *auditLog) audits(t *testing.T) []map[string]any {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []map[string]any
	for line := range strings.Lines(l.text.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if message, _ := entry["msg"].(string); strings.HasPrefix(message, "audit") {
			found = append(found, entry)
		}
	}
	return found
}

// openLogged opens a set with a log.
func openLogged(t *testing.T, log *auditLog, settings map[string]string) http.Handler {
	t.Helper()
	cfg, err := config.Load(func(name string) (string, bool) { value, ok := settings[name]; return value, ok })
	if err != nil {
		t.Fatal(err)
	}
	s, err := functions.Open(t.Context(), cfg, slog.New(slog.NewJSONHandler(log, nil)), functions.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(t.Context()) })
	handler, err := s.Handler("all")
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// Each start, stop and refusal is one line with the caller's name, and no token.
func TestAudit(t *testing.T) {
	t.Parallel()
	log := &auditLog{}
	handler := openLogged(t, log, map[string]string{"API_TOKENS_FILE": tokensFile(t)})
	for _, c := range []struct{ call, token string }{
		{"POST /monitoring/team-a-1 " + startBody, writeToken},
		{"POST /monitoring/team-b-1 " + startBody, writeToken},
		{"PUT /monitoring/team-a-1/stop", readToken},
		{"PUT /monitoring/team-a-1/stop", wrongToken},
		{"GET /monitoring/team-a-1", ""},
		{"GET /monitoring/team-a-1", readToken},
		{"PUT /monitoring/team-a-1/stop", writeToken},
	} {
		callWith(t, handler, c.call, c.token)
	}
	want := []map[string]any{
		{"msg": "audit", "action": "start", "job": "team-a-1", "caller": "writer", "status": 202.0},
		{"msg": "audit", "action": "start", "job": "team-b-1", "caller": "writer", "status": 403.0},
		{"msg": "audit: refused", "action": "stop", "job": "team-a-1", "caller": "reader", "reason": "forbidden"},
		{"msg": "audit: refused", "action": "stop", "job": "team-a-1", "caller": "", "reason": "unauthenticated"},
		{"msg": "audit: refused", "action": "read", "job": "team-a-1", "caller": "", "reason": "unauthenticated"},
		{"msg": "audit", "action": "stop", "job": "team-a-1", "caller": "writer", "status": 204.0},
	}
	got := log.audits(t)
	if len(got) != len(want) {
		t.Fatalf("%d audit lines, want %d: %v", len(got), len(want), got)
	}
	for i, entry := range want {
		for key, value := range entry {
			if got[i][key] != value {
				t.Errorf("line %d: %s = %v, want %v", i, key, got[i][key], value)
			}
		}
		if address, _ := got[i]["address"].(string); address == "" {
			t.Errorf("line %d has no address: %v", i, got[i])
		}
	}
	for _, token := range []string{readToken, writeToken, wrongToken} {
		if strings.Contains(log.text.String(), token) {
			t.Errorf("the log shows a token: %s", log.text.String())
		}
	}
}

// Whoever has no token does not fill the log, and honest calls go on.
func TestManyWrongTokens(t *testing.T) {
	t.Parallel()
	log := &auditLog{}
	handler := openLogged(t, log, map[string]string{"API_TOKENS_FILE": tokensFile(t)})
	callWith(t, handler, "POST /monitoring/team-a-1 "+startBody, writeToken)
	for range 1000 {
		if w := callWith(t, handler, "GET /monitoring/team-a-1", wrongToken); w.Code != http.StatusUnauthorized {
			t.Fatalf("answer %d, want 401", w.Code)
		}
	}
	if w := callWith(t, handler, "GET /monitoring/team-a-1", readToken); w.Code != http.StatusOK {
		t.Errorf("an honest call: %d %s", w.Code, w.Body)
	}
	if n := len(log.audits(t)); n > 100 {
		t.Errorf("%d audit lines for 1,000 refusals", n)
	}
}

// Starts of one caller beyond the rate are refused, those of others are not. The rate
// counts by the name of a token or, without one, by address.
func TestRateOfStarts(t *testing.T) {
	t.Parallel()
	handler := openLogged(t, &auditLog{}, map[string]string{"API_TOKENS_FILE": tokensFile(t), "START_RATE": "0.001", "START_BURST": "2"})
	for i, tt := range []struct {
		id, token string
		want      int
	}{
		{"team-a-1", writeToken, http.StatusAccepted},
		{"team-a-2", writeToken, http.StatusAccepted},
		{"team-a-3", writeToken, http.StatusTooManyRequests},
		{"team-b-1", otherToken, http.StatusAccepted},
	} {
		w := callWith(t, handler, "POST /monitoring/"+tt.id+" "+startBody, tt.token)
		if w.Code != tt.want || tt.want == http.StatusTooManyRequests && w.Header().Get("Retry-After") == "" {
			t.Errorf("start %d: %d %s %v, want %d", i, w.Code, w.Body, w.Header(), tt.want)
		}
	}
	open := openLogged(t, &auditLog{}, map[string]string{"START_RATE": "0.001", "START_BURST": "1"})
	for _, want := range []int{http.StatusAccepted, http.StatusTooManyRequests} {
		if w := callWith(t, open, "POST /monitoring/team-a-1 "+startBody, ""); w.Code != want {
			t.Errorf("without tokens: %d, want %d", w.Code, want)
		}
	}
}
