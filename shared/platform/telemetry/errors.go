package telemetry

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"golang.org/x/time/rate"
)

// errorEvery is how often an exporter's errors are logged, at most.
const errorEvery = 10 * time.Second

// LogErrors logs what goes wrong inside the OpenTelemetry SDK, which has one
// place for that in a process. A main calls it once. secrets are taken out of
// the texts: what a collector answers may quote a header.
//
// The SDK's own log is dropped. It says of settings what was said of them
// before, and would show headers.
func LogErrors(log *slog.Logger, secrets []string) {
	otel.SetLogger(logr.Discard())
	otel.SetErrorHandler(NewErrorHandler(log, secrets))
}

// NewErrorHandler is what LogErrors sets.
func NewErrorHandler(log *slog.Logger, secrets []string) otel.ErrorHandler {
	return &errorLog{log: log, clean: cleaner(secrets), limit: rate.NewLimiter(rate.Every(errorEvery), 1)}
}

// errorLog is an otel.ErrorHandler.
type errorLog struct {
	log     *slog.Logger
	clean   *strings.Replacer
	limit   *rate.Limiter
	dropped atomic.Int64
}

// cleaner replaces secrets.
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
	l.log.WarnContext(context.Background(), "telemetry not sent",
		"error", l.clean.Replace(err.Error()), "unlogged", l.dropped.Swap(0))
}
