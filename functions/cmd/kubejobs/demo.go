package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"kubejobs/functions"
	"kubejobs/functions/cmd/kubejobs/internal/screen"
	"kubejobs/functions/cmd/kubejobs/internal/watch"
	"kubejobs/shared/client"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/controllerlist"
	"kubejobs/shared/drivers/workqueue"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/platform/logging"
)

const (
	demoID      = job.ID("demo")
	demoItems   = 3000
	demoWorkers = 2  // at the start
	demoMost    = 12 // the most that may be asked for
	demoEnough  = 10 // about as many meet the deadline
	demoBudget  = 30 * time.Second
	leastBudget = 15 * time.Second // less has too few ticks for a forecast
	// demoShare is the share of the budget that so many workers take.
	demoShare = 0.8
	// demoWait bounds the start of the job.
	demoWait = 10 * time.Second
)

type demoOptions struct {
	run    bool
	dir    string
	budget time.Duration
}

// serve serves everything on a free loopback port while the demo runs. It logs errors
// only, unless LOG_LEVEL is set.
func (o demoOptions) serve(ctx context.Context, out io.Writer, redisPort int) error {
	if o.budget < leastBudget {
		return fmt.Errorf("--budget: want at least %v", leastBudget)
	}
	override := map[string]string{"STATE_REDIS_URL": "", "LISTEN_ADDRESS": "127.0.0.1:0"}
	if _, set := os.LookupEnv("LOG_LEVEL"); !set {
		override["LOG_LEVEL"] = "error"
	}
	if os.Getenv("STATE_REDIS_URL") != "" {
		fmt.Fprintln(out, "The demo uses a Redis of its own, not that of STATE_REDIS_URL.")
	}
	b, err := bind(ctx, localLookup(override), nil)
	if err != nil {
		return err
	}
	options := functions.Options{RedisPort: redisPort, SweepCron: functions.SweepCron}
	return serve(ctx, b, logging.New(os.Stderr, b.cfg.LogLevel), options,
		func(ctx context.Context, set *functions.Set, cfg config.Config) error {
			return o.work(ctx, out, set, "http://"+cfg.Listen)
		})
}

// work is the demo: it fills a queue with files, monitors it, lets workers drain it,
// shows the samples and verifies the results.
func (o demoOptions) work(ctx context.Context, out io.Writer, set *functions.Set, address string) error {
	queue := redis.NewClient(&redis.Options{Addr: set.EmbeddedRedis()})
	defer queue.Close()
	fmt.Fprintf(out, "%s/ shows the job in a browser while the demo runs.\n", address)
	if err := o.fill(ctx, out, queue); err != nil {
		return err
	}
	server, err := client.New(client.Options{Server: address})
	if err != nil {
		return err
	}
	if err := startDemo(ctx, server, o.budget); err != nil {
		return err
	}
	status, err := o.monitor(ctx, out, server, queue)
	if ctx.Err() != nil {
		return errors.New("the demo was interrupted")
	}
	if err != nil {
		return err
	}
	return check(ctx, out, set, server, queue, status)
}

func (o demoOptions) fill(ctx context.Context, out io.Writer, queue *redis.Client) error {
	items, err := fileItems(ctx, o.dir, demoItems)
	if err != nil {
		return err
	}
	if err := queue.RPush(ctx, workqueue.Waiting, items...).Err(); err != nil {
		return fmt.Errorf("fill the queue: %w", err)
	}
	fmt.Fprintf(out, "%d .go files are in the list %q of the Redis at %s. %d workers hash them and count their lines:\n"+
		"too few for the deadline in %.0f s. A supervisor follows the key %q, to which the number that it takes is written.\n\n",
		len(items), workqueue.Waiting, queue.Options().Addr, demoWorkers, o.budget.Seconds(), job.ReplicasKey(demoID))
	return nil
}

// monitor drains the queue and shows the job until it ends.
func (o demoOptions) monitor(ctx context.Context, out io.Writer, server *client.Client, queue *redis.Client) (monitor.Status, error) {
	items, err := queue.LLen(ctx, workqueue.Waiting).Result()
	if err != nil {
		return monitor.Status{}, err
	}
	workers := crew{
		client: queue, job: demoID, first: demoWorkers, most: demoMost,
		pause: time.Duration(demoShare * float64(o.budget) * demoEnough / float64(items)),
	}
	ctx, cancel := context.WithTimeout(ctx, 4*o.budget)
	defer cancel()
	var status monitor.Status
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		defer failure.Rescue(func(caught error) { err = caught })
		return workers.run(ctx)
	})
	group.Go(func() (err error) {
		defer failure.Rescue(func(caught error) { err = caught })
		status, err = watch.One(ctx, out, server, demoID)
		return err
	})
	return status, group.Wait()
}

// startDemo starts the monitoring, and asks for control.
func startDemo(ctx context.Context, server *client.Client, budget time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, demoWait)
	defer cancel()
	_, err := server.Start(ctx, monitor.Request{
		ID: demoID, Budget: budget, Control: &job.Control{Max: demoMost, Graceful: true},
	})
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	return nil
}

// check shows the report and verifies the results. Its error makes the program
// exit with status 1.
func check(
	ctx context.Context, out io.Writer, set *functions.Set, server *client.Client, queue *redis.Client, status monitor.Status,
) error {
	report, reportErr := server.Report(ctx, demoID)
	report.Outcome = nil // its changes are shown below
	shown, err := json.MarshalIndent(report, "  ", "  ")
	if err != nil {
		return err
	}
	samples, err := settle(ctx, set, queue, status.Samples)
	if err != nil {
		return err
	}
	results, err := queue.LLen(ctx, workqueue.Done).Result()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nreport\n  %s\n\n", shown)
	added := showChanges(out, status)
	checks := []struct {
		what string
		ok   bool
	}{
		{fmt.Sprintf("the job finished (%s)", status.Phase), status.Phase == job.PhaseFinished},
		{fmt.Sprintf("every item has a result (%d of %d)", results, status.Items), results == status.Items},
		{fmt.Sprintf("every sample is in %s (%d of %d)", controllerlist.Key(demoID), samples, status.Samples), samples > 0 && samples == status.Samples},
		{"workers were added when the job was late", added},
		{"the deadline was met", status.Verdict != nil && status.DeadlineMet},
		{"the report exists", reportErr == nil && report.FinalError.Value != nil},
		{"the schedule is gone", !set.Scheduled(demoID)},
	}
	var failed []error
	for _, c := range checks {
		mark := "ok  "
		if !c.ok {
			mark = "FAIL"
			failed = append(failed, errors.New("check failed: "+c.what))
		}
		fmt.Fprintf(out, "  %s %s\n", mark, c.what)
	}
	text, _ := watch.Verdict(status)
	fmt.Fprintf(out, "\n%s\n", text)
	return errors.Join(failed...)
}

// demoSettle bounds how long a tick takes to finish what follows the end of its job.
const demoSettle = 2 * time.Second

// settle waits until the last tick has pushed its sample and removed the schedule: it
// commits the end before that. It returns the number of samples in the Controller's list.
func settle(ctx context.Context, set *functions.Set, queue *redis.Client, want int64) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, demoSettle)
	defer cancel()
	for {
		samples, err := queue.LLen(context.WithoutCancel(ctx), controllerlist.Key(demoID)).Result()
		if err != nil || ctx.Err() != nil || samples == want && !set.Scheduled(demoID) {
			return samples, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// showChanges shows the changes of the number of workers. It reports whether workers
// were added.
func showChanges(out io.Writer, status monitor.Status) bool {
	if status.Report == nil || status.Report.Outcome == nil {
		return false
	}
	added := false
	fmt.Fprintln(out, "workers")
	for _, c := range status.Report.Outcome.Changes {
		added = added || c.To > c.From
		fmt.Fprintf(out, "  %5.1f s  %2d → %2d  %s\n", c.At.Sub(status.Submitted).Seconds(), c.From, c.To, screen.Printable(c.Reason))
	}
	fmt.Fprintln(out)
	return added
}
