package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"kubejobs/functions/cmd/kubejobs/internal/arguments"
	"kubejobs/functions/cmd/kubejobs/internal/exit"
	"kubejobs/functions/cmd/kubejobs/internal/screen"
	"kubejobs/functions/cmd/kubejobs/internal/watch"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

func (r *Remote) start() *cobra.Command {
	return r.build(command{
		use: "start ID --expected-time TIME [flags]", short: "Start the monitoring of a job",
		long: "Starts the monitoring of a job, and says what is in force. What is not given is filled in by the server: the\n" +
			"number of items, for example, is read from the queue. The same start again changes nothing. With --watch it then\n" +
			"shows the job until it ends, and ends as watch does.",
		example: `  kubejobs start demo --expected-time 40 --watch
  kubejobs start resize --expected-time 30m --redis-ip 10.0.0.7 --redis-port 6379 --control --max-replicas 40
  kubejobs start demo --file request.json
  echo '{"plugin":"kubejobs","plugin_info":{"expected_time":40}}' | kubejobs start demo --file - --output json`,
		ids: true, formats: documents, flags: startFlags,
		statuses: exit.Document() + "\n\nWith --watch:\n" + strings.TrimPrefix(exit.DocumentWatch(), "Exit status, of several jobs the highest:\n"),
		read:     readStart,
	})
}

// startFlags declares the fields of a request.
func startFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.String("expected-time", "", "the deadline, as `TIME` from the submission: seconds, or 90s, 30m, 1h30m (required)")
	f.String("items", "", "`NUMBER` of items in all (default: what the lists hold now)")
	f.String("submission-time", "", "start of the expected time, as RFC 3339 or Unix milliseconds (default: now)")
	f.String("period", "", "`TIME` between two samples (default: 2 s)")
	f.String("redis-ip", "", "`HOST` of the job's own Redis (default: redis-ID; of a local server the Redis in it)")
	f.String("redis-port", "", "its `PORT` (default: 6379)")
	f.String("redis-database", "", "`NUMBER` of the lists' database in it (default: 0)")
	f.String("pending-list", "", "`NAME` of the list of waiting items (default: "+job.PendingList+")")
	f.String("processing-list", "", "`NAME` of the list of items in work (default: "+job.ProcessingList+")")
	f.String("results-list", "", "`NAME` of the list of results (default: "+job.ResultsList+")")
	f.Bool("control", false, "let the server decide the number of replicas; the next six flags say how, and imply it")
	f.String("min-replicas", "", "least `NUMBER` of replicas (default: 1)")
	f.String("max-replicas", "", "largest `NUMBER` of replicas (default: the number of items, but at most 20)")
	f.String("confidence", "", "the probability of meeting the deadline to aim at (default: 0.9)")
	f.Bool("graceful", false, "a replica that is removed completes its item first")
	f.String("actuator", "", "`NAME` of what sets the number: kubernetes or redis (default: kubernetes if the server reads Jobs there)")
	f.String("target", "", "`KIND/NAME` of what is scaled: a Job, Deployment or StatefulSet (default: Job/ID)")
	f.String("scaling-strategy", "", "`NAME` of the strategy, shown in the report")
	f.String("heuristic-options", "", "options of the strategy as `JSON`, shown in the report")
	f.String("influx-host", "", "`HOST` of an InfluxDB for this job's samples")
	f.String("influx-port", "", "its `PORT` (default: 8086)")
	f.String("influx-database", "", "`NAME` of its database")
	f.String("file", "", "`FILE` with the whole request as JSON, - for standard input; no other field is given then")
	f.Bool("watch", false, "show the job until it ends")
}

// fieldFlags are the flags that --file replaces.
var fieldFlags = []string{
	"expected-time", "items", "submission-time", "period", "redis-ip", "redis-port", "redis-database", "pending-list",
	"processing-list", "results-list", "control", "min-replicas", "max-replicas", "confidence", "graceful", "actuator", "target",
	"scaling-strategy", "heuristic-options", "influx-host", "influx-port", "influx-database",
}

// maxRequest bounds a file with a request, in bytes: the server takes no more.
const maxRequest = 64 << 10

func readStart(a *arguments.Arguments) action {
	ids := a.IDs(1, 1)
	watched := a.Truth("watch")
	if watched && a.Given("output") {
		a.Refuse("--output: want none with --watch")
	}
	file, fromFile := a.Text("file", false)
	var request monitor.Request
	if fromFile {
		for _, name := range fieldFlags {
			if a.Given(name) {
				a.Refuse("--%s: want it in the file of --file", name)
			}
		}
	} else {
		request = readRequest(a)
	}
	return func(ctx context.Context, s *session) error {
		request.ID = ids[0]
		answer, err := s.begin(ctx, request, file)
		if err != nil {
			return err
		}
		if err := s.show(answer, func(out io.Writer) { showStarted(out, ids[0], answer) }); err != nil || !watched {
			return err
		}
		fmt.Fprintln(s.out)
		return unchanged(watch.Jobs(ctx, s.out, s.client, ids))
	}
}

// unchanged keeps the exit status of watching.
func unchanged(err error) error {
	if err == nil || exit.Said(err) {
		return err
	}
	return exit.CodedError{Err: err, Status: exit.Failed}
}

// begin sends a request, or that of a file if one is named.
func (s *session) begin(ctx context.Context, r monitor.Request, file string) (monitor.StartAnswer, error) {
	if file == "" {
		return s.client.Start(ctx, r)
	}
	in := s.in
	if file != "-" {
		opened, err := os.Open(file) //nolint:gosec // the caller names it
		if err != nil {
			return monitor.StartAnswer{}, err
		}
		defer opened.Close()
		in = opened
	}
	body, err := io.ReadAll(io.LimitReader(in, maxRequest+1))
	if err != nil {
		return monitor.StartAnswer{}, fmt.Errorf("--file: %w", err)
	}
	return s.client.StartBody(ctx, r.ID, body)
}

// readRequest reads the fields of a request.
func readRequest(a *arguments.Arguments) monitor.Request {
	const maxPort = 65535
	text := func(name string) string { value, _ := a.Text(name, false); return value }
	r := monitor.Request{
		Budget: a.Seconds("expected-time", true), Items: a.Whole("items", arguments.MaxItems, false),
		Submitted: a.Moment("submission-time", false), Period: a.Seconds("period", false),
		QueueHost: text("redis-ip"), QueuePort: int(a.Whole("redis-port", maxPort, false)),
		QueueDatabase: int(a.WholeFrom("redis-database", 0, 1<<31-1, false)),
		QueueLists:    job.Lists{Pending: text("pending-list"), Processing: text("processing-list"), Results: text("results-list")},
		Strategy:      text("scaling-strategy"), Control: readControl(a),
	}
	if options, ok := a.Text("heuristic-options", false); ok {
		if r.Heuristics = json.RawMessage(options); !json.Valid(r.Heuristics) {
			a.Refuse("--heuristic-options: want JSON, got %.40q", options)
		}
	}
	if host, ok := a.Text("influx-host", a.Given("influx-port") || a.Given("influx-database")); ok {
		name, _ := a.Text("influx-database", true)
		r.Database = &job.Database{Host: host, Port: int(a.Whole("influx-port", maxPort, false)), Name: name}
	}
	return r
}

// readControl reads how the replicas are controlled; nil if they are not.
func readControl(a *arguments.Arguments) *job.Control {
	const most = 10_000
	c := job.Control{
		Min: a.Whole("min-replicas", most, false), Max: a.Whole("max-replicas", most, false),
		Confidence: a.Share("confidence", 0), Graceful: a.Truth("graceful"),
	}
	if a.Given("actuator") {
		c.Actuator = a.OneOf("actuator", job.ActuatorKubernetes, job.ActuatorRedis)
	}
	if text, ok := a.Text("target", false); ok {
		kind, name, _ := strings.Cut(text, "/")
		if name == "" {
			a.Refuse("--target: want KIND/NAME, such as Deployment/resize, got %.40q", text)
		}
		c.Target = &job.Target{Kind: kind, Name: name}
	}
	if c.Max != 0 && c.Min > c.Max {
		a.Refuse("--min-replicas: want at most --max-replicas, %d, got %d", c.Max, c.Min)
	}
	if !a.Truth("control") && c == (job.Control{}) {
		return nil
	}
	return &c
}

func showStarted(out io.Writer, id job.ID, s monitor.StartAnswer) {
	control := ""
	if c := s.Control; c != nil {
		control = fmt.Sprintf("%d to %d replicas, confidence %g, by %s", c.Min, c.Max, c.Confidence, c.Actuator)
		if c.Target != nil {
			control += " of " + c.Target.String()
		}
	}
	names := s.Lists.Names()
	facts(out,
		[2]string{"job", string(id)}, [2]string{"items", whole(&s.Items)},
		[2]string{"deadline", moment(&s.Deadline) + fmt.Sprintf(" (%g s from %s)", s.Budget, moment(&s.Submitted))},
		[2]string{"period", fmt.Sprintf("%g s", s.Period)},
		[2]string{"queue", fmt.Sprintf("%s/%d: %s", s.Queue, s.Database, strings.Join(names[:], ", "))},
		[2]string{"control", control},
	)
	for _, text := range s.Warnings {
		fmt.Fprintln(out, screen.Printable("warning: "+text))
	}
}

func (r *Remote) stop() *cobra.Command {
	return r.build(command{
		use: "stop ID…", short: "Stop the monitoring of jobs",
		long: "Ends the monitoring of jobs. Their workers go on; a stopped job has no report. Stopping a stopped job changes\n" +
			"nothing. If one of several jobs cannot be stopped, the others are all the same.",
		example: "  kubejobs stop demo\n  kubejobs stop demo resize --server http://kubejobs.example",
		ids:     true,
		read: func(a *arguments.Arguments) action {
			ids := a.IDs(1, maxStops)
			return func(ctx context.Context, s *session) error {
				return each(ids, func(id job.ID) error {
					err := s.client.Stop(ctx, id)
					if err == nil {
						fmt.Fprintf(s.out, "%s stopped\n", id)
					}
					return err
				})
			}
		},
	})
}

// each does something for each id, also after an error. It returns the errors in one line,
// and the kind of the first.
func each(ids []job.ID, do func(job.ID) error) error {
	var failed []error
	for _, id := range ids {
		if err := do(id); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", id, err))
		}
	}
	switch len(failed) {
	case 0:
		return nil
	case 1:
		return failed[0]
	}
	return exit.CodedError{Err: arguments.InOneLine(failed), Status: exit.Status(exit.Of(coded(failed[0])))}
}

// maxStops bounds how many jobs are stopped at once.
const maxStops = 1000
