package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"kubejobs/functions"
	"kubejobs/shared/core/failure"
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
			b, err := bind(cmd.Context(), os.LookupEnv, nil)
			if err != nil {
				return err
			}
			log := logging.New(os.Stderr, b.cfg.LogLevel)
			return serve(cmd.Context(), b, log, functions.Options{SweepCron: functions.SweepCron}, wait)
		},
	}
}

// wait waits until ctx ends.
func wait(ctx context.Context, _ *functions.Set, _ config.Config) error {
	<-ctx.Done()
	return nil
}

// work is what a command does while the functions are served.
type work func(context.Context, *functions.Set, config.Config) error

// serve runs the functions until ctx ends, the server fails or work returns. Then it
// stops the local scheduler, drains the requests and closes the rest.
func serve(ctx context.Context, b bound, log *slog.Logger, o functions.Options, do work) error {
	logging.Libraries(log)
	functions.TuneRuntime(log)
	functions.LogTelemetry(b.cfg, log)
	o.Loopback = !b.reachable() && !b.knative
	set, err := functions.Open(context.WithoutCancel(ctx), b.cfg, log, o)
	if err != nil {
		return errors.Join(err, b.listener.Close())
	}
	server, err := newServer(b, set, log)
	if err != nil {
		return errors.Join(err, b.listener.Close(), set.Close(ctx))
	}
	log.InfoContext(ctx, "serving", "address", b.cfg.Listen, "target", b.cfg.Target)
	err = run(ctx, server, set, func(ctx context.Context) error { return do(ctx, set, b.cfg) })
	log.InfoContext(ctx, "draining")
	set.StopTicks(ctx)
	drain, done := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer done()
	return errors.Join(err, server.drain(drain), set.Close(ctx))
}

// run serves until work returns. A server that fails ends work.
func run(ctx context.Context, server server, set *functions.Set, do func(context.Context) error) error {
	working, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		if err := failure.Catch(server.serve); err != nil {
			cancel(err)
		}
	}()
	go func() {
		if err := failure.Catch(func() error { return set.Start(working) }); err != nil {
			cancel(err)
		}
	}()
	err := do(working)
	if cause := context.Cause(working); cause != nil && ctx.Err() == nil {
		return cause
	}
	return err
}
