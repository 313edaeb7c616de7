package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"kubejobs/functions/cmd/kubejobs/internal/arguments"
	"kubejobs/shared/core/control"
	"kubejobs/shared/core/forecast"
)

func newControl() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "control --items N --deadline T --min A --max B [flags] [FILE]",
		Short: "Decide with how many replicas a job meets its deadline, line by line",
		Long: "Reads the samples of a job as /monitoring/ID/samples.ndjson gives them, from a file or standard input, with\n" +
			"parallelism, the replicas that are asked for; replicas are those that work. It answers each line with the\n" +
			"number of replicas that the job should have, and why. A line may carry items, if the number of items has changed.",
	}
	filterFlags(cmd)
	cmd.Flags().String("min", "", "least number of replicas (required)")
	cmd.Flags().String("max", "", "largest number of replicas (required)")
	cmd.Flags().Bool("graceful", false, "a replica that is removed completes its item first")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a, err := arguments.Parse(cmd, args)
		if errors.Is(err, arguments.ErrHelp) {
			return cmd.Help()
		}
		c := controller{
			deadline: a.Moment("deadline", true),
			policy: control.Policy{
				Min: a.Whole("min", forecast.MaxFleet, true), Max: a.Whole("max", forecast.MaxFleet, true),
				Confidence: a.Share("confidence", forecast.DefaultConfidence), Graceful: a.Truth("graceful"),
			},
		}
		items := a.Whole("items", arguments.MaxItems, true)
		if c.policy.Max > 0 && c.policy.Min > c.policy.Max {
			a.Refuse("--min: want at most --max, %d, got %d", c.policy.Max, c.policy.Min)
		}
		in := files(a)
		if err := a.Err(); err != nil {
			return err
		}
		return runFilter(cmd, in, items, c.answer)
	}
	return cmd
}

// controller answers the lines of one job.
type controller struct {
	deadline time.Time
	policy   control.Policy
	memory   control.Memory
}

// decided is the answer to a line.
type decided struct {
	Timestamp int64  `json:"timestamp"` // of the line, Unix milliseconds
	Replicas  int64  `json:"replicas"`
	Reason    string `json:"reason"`
}

func (c *controller) answer(p forecast.Point, course forecast.Course) any {
	var decision control.Decision
	c.memory, decision = c.policy.Decide(c.memory, course.Last, course.Model(), c.deadline)
	return decided{p.At, decision.Replicas, decision.Reason}
}
