package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"kubejobs/functions/cmd/kubejobs/internal/arguments"
	"kubejobs/functions/cmd/kubejobs/internal/exit"
	"kubejobs/functions/cmd/kubejobs/internal/remote"
	"kubejobs/shared/core/forecast"
)

func newForecast(r *remote.Remote) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "forecast ID [flags] | forecast --items N --deadline T [flags] [FILE]",
		Short: "Forecast the finish of a job: what if, or line by line from its samples",
		Long: "With an id it asks the server when that job will be done, and with which probability in time, also with other\n" +
			"replicas or another deadline. It changes nothing.\n\n" +
			"With --items it reads the samples of a job as /monitoring/ID/samples.ndjson gives them, from a file or standard input,\n" +
			"and answers each line with one: the quantiles of the finish in Unix milliseconds, the probability of missing the\n" +
			"deadline, and how many replicas meet it; null while there is not enough data. A line may carry parallelism,\n" +
			"the replicas that are asked for, and items, if the number of items has changed.\n\n" +
			exit.Document() + "\nWith --items: 0 at the end of the input, 1 at a line that cannot be read, 2 for wrong flags.",
		Example: "  kubejobs forecast demo\n  kubejobs forecast demo --replicas 8 --deadline 30m --confidence 0.95\n" +
			"  kubejobs forecast --items 300 --deadline 2026-11-24T05:41:47Z samples.ndjson",
		ValidArgsFunction: r.CompleteForecast(),
	}
	filterFlags(cmd)
	cmd.Flags().String("replicas", "", "assume that many replicas from now on (default: those of the line or the job)")
	remote.ForecastFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a, err := arguments.Parse(cmd, args)
		if errors.Is(err, arguments.ErrHelp) {
			return cmd.Help()
		}
		if !a.Given("items") && len(a.Rest) == 1 && a.Rest[0] != "-" {
			return r.Forecast(cmd, a)
		}
		return filterForecast(cmd, a)
	}
	return cmd
}

// filterForecast answers lines.
func filterForecast(cmd *cobra.Command, a *arguments.Arguments) error {
	f := forecaster{
		deadline: a.Moment("deadline", true), replicas: a.Whole("replicas", maxReplicas, false),
		confidence: a.Share("confidence", forecast.DefaultConfidence),
	}
	items := a.Whole("items", arguments.MaxItems, true)
	for _, name := range []string{"server", "output"} {
		if a.Given(name) {
			a.Refuse("--%s: only with the id of a job and without --items", name)
		}
	}
	in := files(a)
	if err := a.Err(); err != nil {
		return err
	}
	return runFilter(cmd, in, items, f.answer)
}

// forecaster answers the lines of one job.
type forecaster struct {
	deadline   time.Time
	replicas   int64 // 0: those of the line
	confidence float64
	last       int64 // replicas that worked last
}

// foreseen is the answer to a line. What is not known is null.
type foreseen struct {
	Timestamp int64    `json:"timestamp"` // of the line; this and the quantiles are Unix milliseconds
	P10       *int64   `json:"p10"`
	P50       *int64   `json:"p50"`
	P90       *int64   `json:"p90"`
	Miss      *float64 `json:"miss"`
	Needed    *int64   `json:"replicas_needed"`
}

func (f *forecaster) answer(p forecast.Point, course forecast.Course) any {
	if p.Working > 0 {
		f.last = p.Working
	}
	question := forecast.Ask(course.Last, f.last, f.deadline, f.confidence)
	if f.replicas > 0 {
		question.Fleet.Replicas = f.replicas
	}
	o := forecast.NewOutlook(&course, course.Model(), question)
	a := foreseen{Timestamp: p.At}
	if !o.Known {
		return a
	}
	a.P10, a.P50, a.P90, a.Miss = unixMillis(o.P10), unixMillis(o.P50), unixMillis(o.P90), &o.Miss
	if o.Need.Met {
		a.Needed = &o.Need.Replicas
	}
	return a
}

// unixMillis returns a time in Unix milliseconds; nil for the zero time.
func unixMillis(at time.Time) *int64 {
	if at.IsZero() {
		return nil
	}
	millis := at.UnixMilli()
	return &millis
}
