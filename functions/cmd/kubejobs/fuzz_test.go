package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"

	"kubejobs/shared/monitor"
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
		defer http.DefaultClient.CloseIdleConnections()
		status, err := getStatus(t.Context(), server.URL, "a")
		if err != nil {
			if !errors.Is(err, monitor.ErrUnknownJob) {
				expectLine(t, err.Error())
			}
			return
		}
		text, _ := status.verdict()
		expectLine(t, text)
		line := progressLine(status.Status, time.Date(2026, 11, 24, 5, 41, 7, 0, time.UTC), int(width))
		expectLine(t, line)
		if width > 0 && cells(line) > int(width) {
			t.Errorf("%q has %d columns, want at most %d", line, cells(line), width)
		}
	})
}

// A line of a filter is refused in one line, or it is within its bounds.
func FuzzLine(f *testing.F) {
	for _, text := range []string{
		`{"timestamp":1000,"job_progress":0.5,"replicas":1,"parallelism":2,"items":9}`, `{"at":"2026-11-24T05:41:07Z","job_progress":1,"replicas":0}`,
		`{"timestamp":-1}`, `{"timestamp":1e999}`, `[]`, `null`, `{"items":0}`, "\xff", `{"timestamp":0.5,"job_progress":-0,"replicas":1e9}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePoint([]byte(text), 7)
		switch {
		case err != nil && strings.Contains(err.Error(), "\n"):
			t.Errorf("%q is refused in several lines: %v", text, err)
		case err != nil:
		case p.At < 0 || p.At > lastMoment.UnixMilli(), p.Items < 1 || p.Items > maxItems, !(p.Done >= 0 && p.Done <= float64(p.Items)),
			p.Working < 0 || p.Working > maxReplicas, p.Asked < 0 || p.Asked > maxReplicas:
			t.Errorf("%q is read as %+v", text, p)
		}
	})
}
