package telemetry

import (
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

// sdkLog is a logr.LogSink for the SDK's own log. It passes on errors and
// warnings; wrong values of OTEL_* variables are among them.
type sdkLog struct{ errors *errorLog }

// Init implements logr.LogSink.
func (s sdkLog) Init(logr.RuntimeInfo) {}

// Enabled implements logr.LogSink.
func (s sdkLog) Enabled(verbosity int) bool { return verbosity <= verbosityInfo }

// Info implements logr.LogSink.
func (s sdkLog) Info(verbosity int, message string, pairs ...any) {
	if verbosity <= verbosityWarn || strings.HasPrefix(message, invalidNumber) {
		s.write(slog.LevelWarn, message, nil, pairs)
	}
}

// Error implements logr.LogSink.
func (s sdkLog) Error(err error, message string, pairs ...any) {
	s.write(slog.LevelError, message, err, pairs)
}

// WithValues implements logr.LogSink.
func (s sdkLog) WithValues(...any) logr.LogSink { return s }

// WithName implements logr.LogSink.
func (s sdkLog) WithName(string) logr.LogSink { return s }

// write logs a message with its error and those of its pairs that are text or a
// number: others may print a configuration. Of a header and a URL only the
// message is logged: the SDK quotes wrong ones, which hold credentials.
func (s sdkLog) write(level slog.Level, message string, err error, pairs []any) {
	text := []string{message}
	if !strings.Contains(message, "header") && !strings.Contains(message, "url") {
		if err != nil {
			text = append(text, err.Error())
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			switch value := pairs[i+1].(type) {
			case string, bool, int, int64, float64:
				text = append(text, fmt.Sprintf("%v=%v", pairs[i], value))
			}
		}
	}
	s.errors.write(level, strings.Join(text, ": "))
}
