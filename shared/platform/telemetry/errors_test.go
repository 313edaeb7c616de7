package telemetry_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"

	"kubejobs/shared/platform/logging"
	"kubejobs/shared/platform/telemetry"
)

// newHandler returns a handler that removes secrets, and its log.
func newHandler(secrets ...string) (otel.ErrorHandler, *bytes.Buffer) {
	var log bytes.Buffer
	return telemetry.NewErrorHandler(logging.New(&log, slog.LevelInfo), secrets), &log
}

// An error that repeats is logged once in a while, as JSON and without the
// values of the headers.
func TestErrorsAreLoggedRarelyAndClean(t *testing.T) {
	t.Parallel()
	handler, lines := newHandler("", "hunter2")
	handler.Handle(nil)
	for range 100 {
		handler.Handle(errors.New("collector: no such token: hunter2"))
	}
	got := lines.String()
	if strings.Count(got, "\n") != 1 || !strings.Contains(got, `"error":"collector: no such token: [redacted]"`) {
		t.Errorf("logged %s, want one line without the token", got)
	}
}

// Different errors are logged at once, but not without a bound.
func TestDifferentErrorsAreLoggedUpToABound(t *testing.T) {
	t.Parallel()
	handler, lines := newHandler()
	for i := range 1000 {
		handler.Handle(fmt.Errorf("error %d", i))
	}
	if got := strings.Count(lines.String(), "\n"); got < 10 || got > 100 {
		t.Errorf("%d lines for 1000 errors, want some tens", got)
	}
}

// A secret that begins with another one is removed whole.
func TestTheLongestSecretIsRemoved(t *testing.T) {
	t.Parallel()
	handler, lines := newHandler("Basic", "Basic aHVudGVyMg==")
	handler.Handle(errors.New("denied: Basic aHVudGVyMg=="))
	if got := lines.String(); !strings.Contains(got, `"error":"denied: [redacted]"`) {
		t.Errorf("logged %s, want nothing of the secret", got)
	}
}

// A long answer of a collector is cut.
func TestALongErrorIsCut(t *testing.T) {
	t.Parallel()
	handler, lines := newHandler()
	handler.Handle(errors.New(strings.Repeat("x", 1<<20)))
	if got := lines.Len(); got > 2000 {
		t.Errorf("%d bytes logged, want at most 2000", got)
	}
}
