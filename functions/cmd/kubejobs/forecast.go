package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"kubejobs/functions/cmd/kubejobs/internal/arguments"
	"kubejobs/shared/core/forecast"
)

func newForecast() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "forecast --items N --deadline T [flags] [FILE]",
		Short: "Forecast the finish of a job from its samples, line by line",
		Long: "Reads the samples of a job as /monitoring/ID/samples.ndjson gives them, from a file or standard input, and\n" +
			"answers each line with one: the quantiles of the finish in Unix milliseconds, the probability of missing the\n" +
			"deadline, and how many replicas meet it; null while there is not enough data. A line may carry parallelism,\n" +
			"the replicas that are asked for, and items, if the number of items has changed.",
	}
	filterFlags(cmd)
	cmd.Flags().String("replicas", "", "assume that many replicas from now on (default: those of the line)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a, err := arguments.Parse(cmd, args)
		if errors.Is(err, arguments.ErrHelp) {
			return cmd.Help()
		}
		f := forecaster{
			deadline: a.Moment("deadline", true), replicas: a.Whole("replicas", maxReplicas, false),
			confidence: a.Share("confidence", forecast.DefaultConfidence),
		}
		items := a.Whole("items", arguments.MaxItems, true)
		in := files(a)
		if err := a.Err(); err != nil {
			return err
		}
		return runFilter(cmd, in, items, f.answer)
	}
	return cmd
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
	question := forecast.Ask(course, f.last, f.deadline, f.confidence)
	if f.replicas > 0 {
		question.Fleet.Replicas = f.replicas
	}
	o := forecast.NewOutlook(course, course.Model(), question)
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
