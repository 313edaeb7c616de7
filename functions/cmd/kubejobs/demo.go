package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"kubejobs/functions"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/controllerlist"
	"kubejobs/shared/drivers/workqueue"
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
func (o demoOptions) work(ctx context.Context, out io.Writer, set *functions.Set, server string) error {
	client := redis.NewClient(&redis.Options{Addr: set.EmbeddedRedis()})
	defer client.Close()
	if err := o.fill(ctx, out, client); err != nil {
		return err
	}
	if err := startDemo(ctx, server, o.budget); err != nil {
		return err
	}
	status, err := o.monitor(ctx, out, server, client)
	if ctx.Err() != nil {
		return errors.New("the demo was interrupted")
	}
	if err != nil {
		return err
	}
	return check(ctx, out, set, server, client, status)
}

func (o demoOptions) fill(ctx context.Context, out io.Writer, client *redis.Client) error {
	items, err := fileItems(ctx, o.dir, demoItems)
	if err != nil {
		return err
	}
	if err := client.RPush(ctx, workqueue.Waiting, items...).Err(); err != nil {
		return fmt.Errorf("fill the queue: %w", err)
	}
	fmt.Fprintf(out, "%d .go files are in the list %q of the Redis at %s. %d workers hash them and count their lines:\n"+
		"too few for the deadline in %.0f s. A supervisor follows the key %q, to which the number that it takes is written.\n\n",
		len(items), workqueue.Waiting, client.Options().Addr, demoWorkers, o.budget.Seconds(), job.ReplicasKey(demoID))
	return nil
}

// monitor drains the queue and shows the job until it ends.
func (o demoOptions) monitor(ctx context.Context, out io.Writer, server string, client *redis.Client) (answer, error) {
	items, err := client.LLen(ctx, workqueue.Waiting).Result()
	if err != nil {
		return answer{}, err
	}
	workers := crew{
		client: client, job: demoID, first: demoWorkers, most: demoMost,
		pause: time.Duration(demoShare * float64(o.budget) * demoEnough / float64(items)),
	}
	ctx, cancel := context.WithTimeout(ctx, 4*o.budget)
	defer cancel()
	var status answer
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		defer failure.Rescue(func(caught error) { err = caught })
		return workers.run(ctx)
	})
	group.Go(func() (err error) {
		defer failure.Rescue(func(caught error) { err = caught })
		status, err = watch(ctx, out, server, demoID)
		return err
	})
	return status, group.Wait()
}

// startDemo sends the request of Asperathos' Manager, and asks for control.
func startDemo(ctx context.Context, server string, budget time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, demoWait)
	defer cancel()
	body := fmt.Appendf(nil, `{"plugin":"kubejobs","plugin_info":{"expected_time":%g,"control":{"max_replicas":%d,"graceful":true}}}`,
		budget.Seconds(), demoMost)
	response, err := post(ctx, server+"/monitoring/"+string(demoID), body)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		text, _ := io.ReadAll(response.Body) // the status says enough
		return fmt.Errorf("start: %s: %s", response.Status, text)
	}
	return nil
}

func post(ctx context.Context, target string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return http.DefaultClient.Do(request)
}

// check shows the report and verifies the results. Its error makes the program
// exit with status 1.
func check(
	ctx context.Context, out io.Writer, set *functions.Set, server string, client *redis.Client, status answer,
) error {
	var report map[string]any
	reportErr := getJSON(ctx, server, "/monitoring/"+string(demoID)+"/report", &report)
	delete(report, "outcome") // its changes are shown below
	shown, err := json.MarshalIndent(report, "  ", "  ")
	if err != nil {
		return err
	}
	samples, err := client.LLen(ctx, controllerlist.Key(demoID)).Result()
	if err != nil {
		return err
	}
	results, err := client.LLen(ctx, workqueue.Done).Result()
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
		{"the deadline was met", status.DeadlineMet != nil && *status.DeadlineMet},
		{"the report exists", reportErr == nil && report["final_error"] != nil},
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
	text, _ := status.verdict()
	fmt.Fprintf(out, "\n%s\n", text)
	return errors.Join(failed...)
}

// showChanges shows the changes of the number of workers. It reports whether workers
// were added.
func showChanges(out io.Writer, status answer) bool {
	if status.Report == nil || status.Report.Outcome == nil {
		return false
	}
	added := false
	fmt.Fprintln(out, "workers")
	for _, c := range status.Report.Outcome.Changes {
		added = added || c.To > c.From
		fmt.Fprintf(out, "  %5.1f s  %2d → %2d  %s\n", c.At.Sub(status.Submitted).Seconds(), c.From, c.To, printable(c.Reason))
	}
	fmt.Fprintln(out)
	return added
}
