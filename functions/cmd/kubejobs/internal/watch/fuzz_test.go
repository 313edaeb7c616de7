package watch

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"

	"kubejobs/functions/cmd/kubejobs/internal/screen"
	"kubejobs/shared/client"
	"kubejobs/shared/core/job"
)

// expectLine checks that a text is one line that a terminal shows as it is.
func expectLine(t *testing.T, text string) {
	t.Helper()
	if strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) }) {
		t.Errorf("a terminal shows %q", text)
	}
}

// Whatever a server answers, what is shown of it fits on one line of a terminal.
func FuzzAnswer(f *testing.F) {
	const running = `{"id":"a","phase":"running","number_of_jobs":6,"deadline":"2026-11-24T05:42:07Z","progress":{"job":0.5,"time":0.25,"error":0.25},"last_sample":{"replicas":3},"rate":1.5}`
	for _, body := range []string{
		running, `{"id":"a","phase":"\u001b[31m\u202e"}`, `{"id":"a","phase":"finished","ended_at":"2026-11-24T05:42:07Z","deadline_met":true,"spare_seconds":-1e308}`,
		`{"id":"a","phase":"failed","reason":"\u001b]0;x\u0007"}`, `{"id":"a","phase":"running","failures":3,"last_error":"\n\n"}`, `{"id":"b"}`, "null", "[",
		`{"error_code":404,"error_message":"\u001b[31m","error_name":"NOT_FOUND"}`, `{"error_code":404,"error_message":"no such job"}`,
		strings.Replace(running, "0.25", "1e308", 2), strings.Replace(running, "0.5", "-1e308", 1), `{"id":"a","phase":"running","report":{"max_error":[1]}}`,
	} {
		f.Add(uint16(200), body, uint8(80))
		f.Add(uint16(404), body, uint8(20))
	}
	f.Add(uint16(503), "\x1b", uint8(0))
	f.Fuzz(func(t *testing.T, code uint16, body string, width uint8) {
		if code < 200 || code > 599 {
			return // no answer
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(int(code))
			_, _ = w.Write([]byte(body))
		}))
		defer server.Close()
		transport := &http.Transport{}
		defer transport.CloseIdleConnections()
		c, err := client.New(client.Options{Server: server.URL, Retries: -1, Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		status, err := c.Status(t.Context(), "a")
		if err != nil {
			expectLine(t, err.Error())
			return
		}
		text, _ := Verdict(status)
		expectLine(t, text)
		w, now := newWatcher(c, io.Discard, []job.ID{"a"}), time.Date(2026, 11, 24, 5, 41, 7, 0, time.UTC)
		w.now = func() time.Time { return now }
		r := &row{}
		r.take(status)
		lines := []string{progressLine(status, now, int(width))}
		if width > 0 {
			lines = append(lines, w.single(r, int(width), 9)...)
			lines = append(lines, table([]*row{r, r}, 7, now, int(width), 3)...)
		}
		for _, line := range lines {
			expectLine(t, line)
			if width > 0 && screen.Cells(line) > int(width) {
				t.Errorf("%q has %d columns, want at most %d", line, screen.Cells(line), width)
			}
		}
	})
}
