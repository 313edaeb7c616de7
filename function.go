// Package function is the function set in the form that Knative's func CLI builds:
// `func run`, `func invoke` and `func deploy` use New.
package function

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"kubejobs/functions"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/platform/httpapi"
	"kubejobs/shared/platform/logging"
)

// Function is one instance. It opens nothing until Start.
type Function struct{ started atomic.Pointer[instance] }

type instance struct {
	set     *functions.Set
	handler http.Handler
	release func() // stops listening for signals
}

// New returns an instance that is not started.
func New() *Function { return &Function{} }

// Start opens what the settings select and starts ticking. func's middleware calls
// it while the first requests arrive: until it is done, Ready returns false.
func (f *Function) Start(ctx context.Context, settings map[string]string) error {
	functions.QuietRedis()
	cfg, err := config.Load(func(name string) (string, bool) {
		value, ok := settings[name]
		return value, ok
	})
	if err != nil {
		return err
	}
	log := logging.New(os.Stderr, cfg.LogLevel)
	logging.Libraries(log)
	functions.TuneRuntime(log)
	functions.LogTelemetry(cfg, log)
	set, err := functions.Open(ctx, cfg, log, functions.Options{SweepCron: functions.SweepCron})
	if err != nil {
		return err
	}
	handler, err := set.Handler(cfg.Target)
	if err != nil {
		return errors.Join(err, set.Close(ctx))
	}
	// func's middleware waits for the requests in flight before it calls Stop: the
	// signal itself must end what would go on making requests or last.
	signalled, release := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	context.AfterFunc(signalled, func() {
		defer failure.Rescue(func(err error) { log.ErrorContext(ctx, "panic", "error", err, "stack", failure.Stack(err)) })
		set.StopTicks(signalled)
		set.EndStreams()
	})
	f.started.Store(&instance{set: set, handler: handler, release: release})
	if err := set.Start(ctx); err != nil {
		return errors.Join(err, f.Stop(context.WithoutCancel(ctx)))
	}
	return nil
}

// Handle serves a request.
func (f *Function) Handle(w http.ResponseWriter, r *http.Request) {
	if i := f.started.Load(); i != nil {
		i.handler.ServeHTTP(w, r)
		return
	}
	httpapi.Refuse(w, http.StatusServiceUnavailable, "starting")
}

// Ready reports whether requests can be served.
func (f *Function) Ready(ctx context.Context) (bool, error) {
	i := f.started.Load()
	return i != nil && i.set.Ready(ctx) == nil, nil
}

// Alive reports whether the instance should keep running.
func (f *Function) Alive(context.Context) (bool, error) { return true, nil }

// Stop releases everything. func's middleware has already drained the requests.
func (f *Function) Stop(ctx context.Context) error {
	if i := f.started.Swap(nil); i != nil {
		i.release()
		return i.set.Close(ctx)
	}
	return nil
}
