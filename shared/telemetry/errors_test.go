package telemetry_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"

	"kubejobs/shared/logging"
	"kubejobs/shared/telemetry"
)

// Of many errors one is logged, as JSON, and without what the headers hold. The
// handler is the process's: this is the only test that sets it.
func TestErrorsAreLoggedRarelyAndClean(t *testing.T) {
	var lines bytes.Buffer
	telemetry.LogErrors(logging.New(&lines, slog.LevelInfo), []string{"", "hunter2"})
	t.Cleanup(func() { telemetry.LogErrors(slog.New(slog.DiscardHandler), nil) })
	for range 100 {
		otel.Handle(errors.New("collector: no such token: hunter2"))
	}
	otel.Handle(nil)
	got := lines.String()
	if strings.Count(got, "\n") != 1 || !strings.Contains(got, `"error":"collector: no such token: [redacted]"`) {
		t.Errorf("logged %s, want one line without the token", got)
	}
}
