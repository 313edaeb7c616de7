package telemetry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"golang.org/x/time/rate"

	"kubejobs/shared/platform/telemetry/otlp"
)

// Limits of what is logged about telemetry. The first maxErrors different errors
// are logged at once, the others and all repetitions at most once in errorEvery.
// A text is cut after maxErrorLength characters.
const (
	errorEvery     = 10 * time.Second
	maxErrors      = 32
	maxErrorLength = 1000
)

// LogErrors logs what goes wrong inside the OpenTelemetry SDK, for the whole
// process: errors while sending, and wrong values of the OTEL_* variables. A
// main calls it once, before Open. secrets are removed from the texts: a
// collector's answer may quote a header.
func LogErrors(log *slog.Logger, secrets []string) {
	l := newErrorLog(log, secrets)
	otel.SetLogger(logr.New(sdkLog{l}))
	otel.SetErrorHandler(l)
}

// NewErrorHandler returns the handler of errors that LogErrors installs.
func NewErrorHandler(log *slog.Logger, secrets []string) otel.ErrorHandler {
	return newErrorLog(log, secrets)
}

// errorLog logs errors of the SDK without secrets. It is an otel.ErrorHandler.
type errorLog struct {
	log   *slog.Logger
	clean *strings.Replacer
	limit *rate.Limiter

	mu      sync.Mutex
	known   map[string]struct{}
	dropped int
}

func newErrorLog(log *slog.Logger, secrets []string) *errorLog {
	return &errorLog{
		log: log, clean: cleaner(secrets), limit: rate.NewLimiter(rate.Every(errorEvery), 1), known: map[string]struct{}{},
	}
}

// cleaner returns a replacer that removes secrets from a text. The longest comes
// first: a secret may begin with another one.
func cleaner(secrets []string) *strings.Replacer {
	longestFirst := slices.SortedFunc(slices.Values(secrets), func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var pairs []string
	for _, secret := range longestFirst {
		if secret != "" {
			pairs = append(pairs, secret, "[redacted]")
		}
	}
	return strings.NewReplacer(pairs...)
}

// Handle implements otel.ErrorHandler.
func (l *errorLog) Handle(err error) {
	if err == nil {
		return
	}
	level := slog.LevelWarn
	if _, ok := errors.AsType[*otlp.SettingError](err); ok {
		level = slog.LevelError
	}
	l.write(level, err.Error())
}

// write logs a text without secrets, unless there are too many.
func (l *errorLog) write(level slog.Level, text string) {
	text = fmt.Sprintf("%.*s", maxErrorLength, l.clean.Replace(text))
	if unlogged, ok := l.allow(text); ok {
		l.log.Log(context.Background(), level, "telemetry error", "error", text, "unlogged", unlogged)
	}
}

// allow reports whether to log a text, and how many were not logged before it.
// A new text uses up the limit too, so that an immediate repetition is not
// logged: both exporters read the common variables.
func (l *errorLog) allow(text string) (unlogged int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	allowed := l.limit.Allow()
	_, known := l.known[text]
	if !known && len(l.known) < maxErrors {
		l.known[text] = struct{}{}
		allowed = true
	}
	if !allowed {
		l.dropped++
		return 0, false
	}
	unlogged, l.dropped = l.dropped, 0
	return unlogged, true
}
