// Package function is the function set as Knative's func CLI builds it: `func
// run`, `func invoke` and `func deploy` find New here.
package function

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"kubejobs/functions"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/platform/httpapi"
	"kubejobs/shared/platform/logging"
)

// Function is one instance. It opens nothing until Start.
type Function struct{ started atomic.Pointer[instance] }

type instance struct {
	set     *functions.Set
	handler http.Handler
	forget  func() // the signals
}

// New is an instance that is not started.
func New() *Function { return &Function{} }

// Start opens what the settings name and begins ticking. func's middleware
// calls it beside the first requests: until it is done Ready says no.
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
	functions.LogTelemetry(cfg, log)
	set, err := functions.Open(ctx, cfg, log, functions.Options{SweepCron: functions.SweepCron})
	if err != nil {
		return err
	}
	handler, err := set.Handler(cfg.Target)
	if err != nil {
		return err
	}
	// func's middleware waits for the requests under way before it calls Stop.
	told, forget := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	context.AfterFunc(told, set.EndStreams)
	f.started.Store(&instance{set: set, handler: handler, forget: forget})
	return set.Start(ctx)
}

// Handle serves a request.
func (f *Function) Handle(w http.ResponseWriter, r *http.Request) {
	if i := f.started.Load(); i != nil {
		i.handler.ServeHTTP(w, r)
		return
	}
	httpapi.Refuse(w, http.StatusServiceUnavailable, "starting")
}

// Ready tells whether requests can be served.
func (f *Function) Ready(ctx context.Context) (bool, error) {
	i := f.started.Load()
	return i != nil && i.set.Ready(ctx) == nil, nil
}

// Alive tells whether the instance should go on.
func (f *Function) Alive(context.Context) (bool, error) { return true, nil }

// Stop releases everything. func's middleware has drained the requests before.
func (f *Function) Stop(ctx context.Context) error {
	if i := f.started.Swap(nil); i != nil {
		i.forget()
		return i.set.Close(ctx)
	}
	return nil
}
