package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/go-logr/logr"
)

// Verbosity of the SDK's own log (go.opentelemetry.io/otel/internal/global).
const (
	verbosityWarn = 1
	verbosityInfo = 4
)

// invalidNumber begins the SDK's message about a variable that is no number. It
// is the only one at level Info that a user can act on; others print whole
// configurations.
const invalidNumber = "Got invalid value"

// newSDKLogger returns a logger for the SDK's own log. Its warnings and errors
// go to log; wrong values of OTEL_* variables are among them.
func newSDKLogger(log *slog.Logger, secrets []string) logr.Logger {
	return logr.New(&sdkLog{log: log, clean: cleaner(secrets)})
}

// sdkLog is a logr.LogSink.
type sdkLog struct {
	log   *slog.Logger
	clean *strings.Replacer
}

// Init implements logr.LogSink.
func (s *sdkLog) Init(logr.RuntimeInfo) {}

// Enabled implements logr.LogSink.
func (s *sdkLog) Enabled(level int) bool { return level <= verbosityInfo }

// Info implements logr.LogSink.
func (s *sdkLog) Info(level int, message string, pairs ...any) {
	if level <= verbosityWarn || strings.HasPrefix(message, invalidNumber) {
		s.write(message, pairs)
	}
}

// Error implements logr.LogSink.
func (s *sdkLog) Error(err error, message string, pairs ...any) {
	if err != nil {
		message += ": " + err.Error()
	}
	s.write(message, pairs)
}

// WithValues implements logr.LogSink.
func (s *sdkLog) WithValues(...any) logr.LogSink { return s }

// WithName implements logr.LogSink.
func (s *sdkLog) WithName(string) logr.LogSink { return s }

// write logs a message with its pairs as text. What belongs to a header is left
// out: the SDK quotes the wrong ones, and their values are credentials.
func (s *sdkLog) write(message string, pairs []any) {
	var details []string
	if !strings.Contains(message, "header") {
		for i := 0; i+1 < len(pairs); i += 2 {
			details = append(details, fmt.Sprintf("%v=%.200v", pairs[i], pairs[i+1]))
		}
	}
	s.log.WarnContext(context.Background(), "OpenTelemetry SDK",
		"message", s.clean.Replace(message), "details", s.clean.Replace(strings.Join(details, " ")))
}
