package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"
	"github.com/spf13/cobra"

	"kubejobs/functions"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/platform/logging"
)

// drainTimeout bounds the wait for requests in flight at the end: longer than a
// start tries to schedule, shorter than the grace period of the tick's pod.
const drainTimeout = 12 * time.Second

func newServe() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Serve the functions that FUNCTION_TARGET selects",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(os.LookupEnv)
			if err != nil {
				return err
			}
			return serve(cmd.Context(), cfg, logging.New(os.Stderr, cfg.LogLevel), functions.Options{SweepCron: functions.SweepCron}, wait)
		},
	}
}

// wait waits until ctx ends.
func wait(ctx context.Context, _ *functions.Set) error {
	<-ctx.Done()
	return nil
}

// serve runs the functions until ctx ends, the server fails or work returns; then
// it drains. The server is ready soon after work starts.
func serve(
	ctx context.Context, cfg config.Config, log *slog.Logger, o functions.Options,
	work func(context.Context, *functions.Set) error,
) error {
	functions.LogTelemetry(cfg, log)
	ticking, stopTicking := context.WithCancel(context.WithoutCancel(ctx))
	defer stopTicking()
	set, err := functions.Open(ticking, cfg, log, o)
	if err != nil {
		return err
	}
	log.InfoContext(ctx, "serving", "address", cfg.Listen, "target", cfg.Target)
	err = run(ctx, cfg, set, work)
	if _, failed := errors.AsType[*listenError](err); !failed {
		log.InfoContext(ctx, "draining")
		drain, done := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
		defer done()
		err = errors.Join(err, set.Drain(drain))
	}
	stopTicking()
	return errors.Join(err, set.Close(ctx))
}

// run serves until work returns. A server that fails ends work.
func run(
	ctx context.Context, cfg config.Config, set *functions.Set, work func(context.Context, *functions.Set) error,
) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() { cancel(listen(cfg, set)) }()
	go func() {
		if err := set.Start(ctx); err != nil {
			cancel(err)
		}
	}()
	err := work(ctx, set)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// listenError is returned if the server cannot listen.
type listenError struct {
	address string
	cause   error
}

func (e *listenError) Error() string {
	return fmt.Sprintf("listen on %s (PORT or LISTEN_ADDRESS): %v", e.address, e.cause)
}

func (e *listenError) Unwrap() error { return e.cause }

// listen passes the functions to functions-framework-go, which serves the one that
// FUNCTION_TARGET names and returns only if it cannot.
func listen(cfg config.Config, set *functions.Set) error {
	host, port, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return err
	}
	if err := os.Setenv("FUNCTION_TARGET", cfg.Target); err != nil {
		return err
	}
	functions.Register(set)
	return &listenError{cfg.Listen, funcframework.StartHostPort(host, port)}
}
