package remote

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"kubejobs/functions/cmd/kubejobs/internal/arguments"
	"kubejobs/shared/core/job"
)

func (r *Remote) report() *cobra.Command {
	return r.build(command{
		use: "report ID", short: "Show the report of a job that has ended",
		long: "Shows the report of a job that finished or failed: how it did against its deadline, and what can be learnt from\n" +
			"the run. A living job has none yet, a stopped one has none at all.",
		example: "  kubejobs report demo\n  kubejobs report demo --output json\n  kubejobs report demo --detailed --output json",
		ids:     true, formats: documents,
		flags: func(cmd *cobra.Command) { cmd.Flags().Bool("detailed", false, "the samples by second instead") },
		read: func(a *arguments.Arguments) action {
			ids, detailed := a.IDs(1, 1), a.Truth("detailed")
			return func(ctx context.Context, s *session) error {
				err := s.report(ctx, ids[0], detailed)
				if err != nil {
					err = fmt.Errorf("%s: %w", ids[0], err)
				}
				return err
			}
		},
	})
}

func (s *session) report(ctx context.Context, id job.ID, detailed bool) error {
	if detailed {
		report, err := s.client.DetailedReport(ctx, id)
		if err != nil {
			return err
		}
		return s.show(report, func(out io.Writer) { showSeconds(out, report) })
	}
	report, err := s.client.Report(ctx, id)
	if err != nil {
		return err
	}
	return s.show(report, func(out io.Writer) { showReport(out, id, report) })
}

func showReport(out io.Writer, id job.ID, r job.Report) {
	pairs := [][2]string{{"job", string(id)}, {"ended", string(r.Phase) + ": " + r.Reason}}
	if v := r.Verdict; v != nil {
		text := fmt.Sprintf("met, %.1f s to spare", v.Spare)
		if !v.DeadlineMet {
			text = fmt.Sprintf("missed, %.1f s late", max(-v.Spare, 0))
		}
		pairs = append(pairs, [2]string{"deadline", text})
	}
	if r.ExecutionTime != nil {
		pairs = append(pairs, [2]string{"took", fmt.Sprintf("%d s", *r.ExecutionTime)})
	}
	pairs = append(pairs, [2]string{"final error", timed(r.FinalError)}, [2]string{"highest error", timed(r.MaxError)},
		[2]string{"lowest error", timed(r.MinError)}, [2]string{"final replicas", whole(r.FinalReplicas)}, [2]string{"strategy", r.Strategy})
	o := r.Outcome
	if o == nil {
		facts(out, pairs...)
		return
	}
	pairs = append(pairs, [2]string{"margin", percent(o.Margin)}, [2]string{"replica seconds", inSeconds(&o.ReplicaSeconds)},
		[2]string{"utilisation", percent(o.Utilisation)}, [2]string{"sufficient", whole(o.Sufficient)})
	facts(out, pairs...)
	if len(o.Changes) > 0 {
		fmt.Fprintln(out)
	}
	var rows [][]string
	for _, c := range o.Changes {
		rows = append(rows, []string{moment(&c.At), fmt.Sprintf("%d → %d", c.From, c.To), c.Reason})
	}
	grid(out, nil, rows...)
}

// timed writes an error and its second.
func timed(e job.TimedError) string {
	if e.Value == nil || e.Second == nil {
		return "-"
	}
	return fmt.Sprintf("%+.1f %% at %s", 100**e.Value, *e.Second)
}

func showSeconds(out io.Writer, report job.Detailed) {
	rows := [][]string{{"SECOND", "DONE", "TIME", "ERROR", "REPLICAS"}}
	for _, second := range slices.Sorted(maps.Keys(report)) {
		p := report[second]
		rows = append(rows, []string{
			second, fmt.Sprintf("%.1f %%", 100*p.Job), fmt.Sprintf("%.1f %%", 100*p.Time), fmt.Sprintf("%+.1f", 100*p.Error), whole(&p.Replicas),
		})
	}
	grid(out, []bool{1: true, 2: true, 3: true, 4: true}, rows...)
}
