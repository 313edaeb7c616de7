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
	"kubejobs/shared/config"
	"kubejobs/shared/logging"
)

// drainTimeout bounds how long requests under way are waited for at the end.
const drainTimeout = 25 * time.Second

func newServe() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Serve the functions that FUNCTION_TARGET names",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(os.LookupEnv)
			if err != nil {
				return err
			}
			return serve(cmd.Context(), cfg, logging.New(os.Stderr, cfg.LogLevel), functions.Options{}, wait)
		},
	}
}

// wait is what a server does until it is told to end.
func wait(ctx context.Context, _ *functions.Set) error {
	<-ctx.Done()
	return nil
}

// serve runs the functions until ctx ends, the server fails or work returns;
// then it drains. work begins when requests can be served.
func serve(
	ctx context.Context, cfg config.Config, log *slog.Logger, o functions.Options,
	work func(context.Context, *functions.Set) error,
) (err error) {
	ticking, stopTicking := context.WithCancel(context.WithoutCancel(ctx))
	defer stopTicking()
	set, err := functions.Open(ticking, cfg, log, o)
	if err != nil {
		return err
	}
	defer func() {
		stopTicking()
		err = errors.Join(err, set.Close())
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 2)
	go func() { failed <- listen(cfg, set) }()
	go func() {
		if err := set.Start(ctx); err != nil && ctx.Err() == nil {
			failed <- err
		}
	}()
	worked := make(chan error, 1)
	go func() { worked <- work(ctx, set) }()
	log.Info("serving", "address", cfg.Listen, "target", cfg.Target)
	select {
	case err = <-failed:
		cancel()
		<-worked
		return err
	case err = <-worked:
	}
	log.Info("draining")
	drain, done := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer done()
	return errors.Join(err, set.Drain(drain))
}

// listen hands the functions to functions-framework-go, which serves the one
// that FUNCTION_TARGET names and returns only if it cannot.
func listen(cfg config.Config, set *functions.Set) error {
	host, port, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return err
	}
	if err := os.Setenv("FUNCTION_TARGET", cfg.Target); err != nil {
		return err
	}
	functions.Register(set)
	return fmt.Errorf("listen on %s (PORT or LISTEN_ADDRESS): %w", cfg.Listen, funcframework.StartHostPort(host, port))
}
