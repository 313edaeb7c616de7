package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"

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
		Long: "Runs all components locally, with an embedded Redis, on loopback ports.\n" +
			"State is lost on exit.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := localConfig(cmd.Context(), demo.run)
			if err != nil {
				return err
			}
			work := announce(cmd.OutOrStdout(), cfg)
			if demo.run {
				work = demo.work(cmd.OutOrStdout(), cfg)
			}
			return serve(cmd.Context(), cfg, logging.New(os.Stderr, cfg.LogLevel), functions.Options{RedisPort: redisPort, SweepCron: functions.SweepCron}, work)
		},
	}
	cmd.Flags().IntVar(&redisPort, "redis-port", 0, "loopback port of the embedded Redis; 0 for any free port")
	cmd.Flags().BoolVar(&demo.run, "demo", false, "monitor a real workload for about half a minute, verify the results and exit")
	cmd.Flags().StringVar(&demo.dir, "dir", "", "demo: folder whose .go files are the items (default: those of the Go installation)")
	cmd.Flags().DurationVar(&demo.budget, "budget", demoBudget, "demo: the deadline")
	return cmd
}

// localConfig returns the settings of the environment, with those for local use
// overridden: the embedded Redis, all functions, a loopback address. The demo
// listens on any free port and logs errors only.
func localConfig(ctx context.Context, demo bool) (config.Config, error) {
	override := map[string]string{
		"STATE_REDIS_URL": "", "FUNCTION_TARGET": config.TargetAll, "K_SERVICE": "",
		"SCHEDULER": config.SchedulerLocal, "JOB_STATUS": config.JobStatusQueue,
	}
	if _, set := os.LookupEnv("LOG_LEVEL"); demo && !set {
		override["LOG_LEVEL"] = "error"
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	if demo {
		free, err := freePort(ctx)
		if err != nil {
			return config.Config{}, err
		}
		port = strconv.Itoa(free)
	}
	override["LISTEN_ADDRESS"] = net.JoinHostPort("127.0.0.1", port)
	return config.Load(func(name string) (string, bool) {
		if value, ok := override[name]; ok {
			return value, true
		}
		return os.LookupEnv(name)
	})
}

func freePort(ctx context.Context) (int, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// announce prints the addresses and some commands to try.
func announce(out io.Writer, cfg config.Config) func(context.Context, *functions.Set) error {
	return func(ctx context.Context, set *functions.Set) error {
		_, port, err := net.SplitHostPort(set.EmbeddedRedis())
		if err != nil {
			return err
		}
		fmt.Fprintf(out, `kubejobs listens on http://%[1]s, its Redis on 127.0.0.1:%[2]s. Ctrl-C stops both.

Fill a queue, monitor it, follow it:
  redis-cli -p %[2]s rpush job a b c
  curl -XPOST http://%[1]s/monitoring/demo -d '{"plugin":"kubejobs","plugin_info":{"expected_time":40}}'
  curl http://%[1]s/monitoring/demo
  curl -N http://%[1]s/monitoring/demo/events
  redis-cli -p %[2]s lrange demo:metrics 0 -1
`, cfg.Listen, port)
		return wait(ctx, set)
	}
}
