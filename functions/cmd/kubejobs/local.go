package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"

	"github.com/spf13/cobra"

	"kubejobs/functions"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/platform/logging"
)

func newLocal() *cobra.Command {
	var redisPort int
	var demo demoOptions
	cmd := &cobra.Command{
		Use:   "local",
		Short: "Run all components on this machine",
		Long: "Runs all components locally, with an embedded Redis, on loopback ports. State is lost on exit,\n" +
			"unless STATE_REDIS_URL names a Redis to keep it. The demo always uses the embedded Redis.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if demo.run {
				return demo.serve(cmd.Context(), cmd.OutOrStdout(), redisPort)
			}
			return serveLocally(cmd.Context(), cmd.OutOrStdout(), redisPort)
		},
	}
	cmd.Flags().IntVar(&redisPort, "redis-port", 0, "loopback port of the embedded Redis; 0 for any free port")
	cmd.Flags().BoolVar(&demo.run, "demo", false, "monitor a real workload for about half a minute, verify the results and exit")
	cmd.Flags().StringVar(&demo.dir, "dir", "", "demo: folder whose .go files are the items (default: those of the Go installation)")
	cmd.Flags().DurationVar(&demo.budget, "budget", demoBudget, "demo: the deadline")
	return cmd
}

// serveLocally serves everything on loopback until ctx ends. It speaks once it
// listens.
func serveLocally(ctx context.Context, out io.Writer, redisPort int) error {
	b, err := bind(ctx, localLookup(nil), toLoopback)
	if err != nil {
		return err
	}
	if b.reachable() {
		return errors.Join(fmt.Errorf("LISTEN_ADDRESS: kubejobs local listens on loopback only, got %.80q; "+
			"kubejobs serve listens on any address", b.cfg.Listen), b.listener.Close())
	}
	own, err := stateRedis(b.cfg.StateRedis)
	if err == nil && own != nil && redisPort != 0 {
		err = errors.New("--redis-port: there is no embedded Redis, because STATE_REDIS_URL is set")
	}
	if err != nil {
		return errors.Join(err, b.listener.Close())
	}
	o := functions.Options{RedisPort: redisPort, SweepCron: functions.SweepCron}
	if own != nil {
		o.Queue = own.queue
	}
	return serve(ctx, b, logging.New(os.Stderr, b.cfg.LogLevel), o,
		func(ctx context.Context, set *functions.Set, cfg config.Config) error {
			if err := announce(out, cfg.Listen, set.EmbeddedRedis(), own); err != nil {
				return err
			}
			return wait(ctx, set, cfg)
		})
}

// localLookup returns the settings of the environment with those for local use
// overridden: all functions, the local scheduler; and with others, which win.
func localLookup(others map[string]string) config.Lookup {
	override := map[string]string{
		"FUNCTION_TARGET": config.TargetAll, "K_SERVICE": "",
		"SCHEDULER": config.SchedulerLocal, "JOB_STATUS": config.JobStatusQueue,
	}
	return func(name string) (string, bool) {
		if value, ok := others[name]; ok {
			return value, true
		}
		if value, ok := override[name]; ok {
			return value, true
		}
		return os.LookupEnv(name)
	}
}

// toLoopback returns the loopback address for one that stands for all interfaces,
// and any other address as it is.
func toLoopback(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", err
	}
	address, err := netip.ParseAddr(host)
	switch {
	case host == "" || (err == nil && address == netip.IPv4Unspecified()):
		host = "127.0.0.1"
	case err == nil && address.IsUnspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, port), nil
}
