package telemetry_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"kubejobs/shared/platform/logging"
	"kubejobs/shared/platform/telemetry"
)

// Of many errors one is logged, as JSON, and without what the headers hold.
func TestErrorsAreLoggedRarelyAndClean(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	handler := telemetry.NewErrorHandler(logging.New(&lines, slog.LevelInfo), []string{"", "hunter2"})
	handler.Handle(nil)
	for range 100 {
		handler.Handle(errors.New("collector: no such token: hunter2"))
	}
	got := lines.String()
	if strings.Count(got, "\n") != 1 || !strings.Contains(got, `"error":"collector: no such token: [redacted]"`) {
		t.Errorf("logged %s, want one line without the token", got)
	}
}
