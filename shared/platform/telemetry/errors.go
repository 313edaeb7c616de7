package telemetry

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"golang.org/x/time/rate"
)

// errorEvery is the least time between two logged errors of the exporters.
const errorEvery = 10 * time.Second

// LogErrors logs what goes wrong inside the OpenTelemetry SDK, for the whole
// process: errors while sending, and wrong values of the OTEL_* variables. A
// main calls it once, before Open. secrets are removed from the texts: a
// collector's answer may quote a header.
func LogErrors(log *slog.Logger, secrets []string) {
	otel.SetLogger(newSDKLogger(log, secrets))
	otel.SetErrorHandler(NewErrorHandler(log, secrets))
}

// NewErrorHandler returns the handler of errors that LogErrors installs.
func NewErrorHandler(log *slog.Logger, secrets []string) otel.ErrorHandler {
	return &errorLog{log: log, clean: cleaner(secrets), limit: rate.NewLimiter(rate.Every(errorEvery), 1)}
}

// errorLog is an otel.ErrorHandler that logs at most one error in errorEvery.
type errorLog struct {
	log     *slog.Logger
	clean   *strings.Replacer
	limit   *rate.Limiter
	dropped atomic.Int64
}

// cleaner returns a replacer that removes secrets from a text.
func cleaner(secrets []string) *strings.Replacer {
	var pairs []string
	for _, secret := range secrets {
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
	if !l.limit.Allow() {
		l.dropped.Add(1)
		return
	}
	l.log.WarnContext(context.Background(), "telemetry error",
		"error", l.clean.Replace(err.Error()), "unlogged", l.dropped.Swap(0))
}
