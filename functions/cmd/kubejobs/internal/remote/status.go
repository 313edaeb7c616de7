package remote

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"kubejobs/functions/cmd/kubejobs/internal/arguments"
	"kubejobs/functions/cmd/kubejobs/internal/screen"
	"kubejobs/shared/monitor"
)

func (r *Remote) status() *cobra.Command {
	return r.build(command{
		use: "status ID", short: "Show the status of a job",
		long:    "Shows how a living or ended job is doing, what is wrong with it and what has happened.",
		example: "  kubejobs status demo\n  kubejobs status demo --output json",
		ids:     true, formats: documents,
		read: func(a *arguments.Arguments) action {
			ids := a.IDs(1, 1)
			return func(ctx context.Context, s *session) error {
				status, err := s.client.Status(ctx, ids[0])
				if err != nil {
					return fmt.Errorf("%s: %w", ids[0], err)
				}
				return s.show(status, func(out io.Writer) { showStatus(out, status) })
			}
		},
	})
}

// shownEvents is how many of the last events the table shows.
const shownEvents = 8

func showStatus(out io.Writer, s monitor.Status) {
	state := cmp.Or(s.State, string(s.Phase)) // older servers tell the phase only
	if s.Reason != "" {
		state += " (" + s.Reason + ")"
	}
	pairs := [][2]string{{"job", string(s.ID)}, {"state", state}, {"items", whole(&s.Items)}}
	if p := s.Progress; p != nil {
		pairs = append(pairs, [2]string{"progress", fmt.Sprintf("%.1f %% done, time %.1f %% (%+.1f)", 100*p.Job, 100*p.Time, 100*p.Error)})
	}
	pairs = append(pairs,
		[2]string{"deadline", moment(&s.Deadline) + fmt.Sprintf(" (%g s from %s)", s.Budget, moment(&s.Submitted))},
		[2]string{"finish", finish(s)}, [2]string{"margin", inSeconds(s.Margin)},
	)
	if f := s.Forecast; f != nil {
		pairs = append(pairs, [2]string{"P(miss)", percent(f.Miss)}, [2]string{"needed", whole(f.Needed)})
	}
	pairs = append(pairs, [2]string{"replicas", replicas(s)}, [2]string{"rate", fmt.Sprintf("%.1f/s", s.Rate)},
		[2]string{"ticks", fmt.Sprintf("%d of %d arrived, %d lost", s.Ticks.Received, s.Ticks.Expected, s.Ticks.Lost)},
		[2]string{"queue", fmt.Sprintf("%s/%d", s.Queue, s.Database)})
	if s.EndedAt != nil {
		pairs = append(pairs, [2]string{"ended", moment(s.EndedAt)})
	}
	facts(out, pairs...)
	for _, p := range s.Problems {
		fmt.Fprintln(out, screen.Printable("! "+p.Text))
	}
	showEvents(out, s)
}

func showEvents(out io.Writer, s monitor.Status) {
	if len(s.Events) == 0 {
		return
	}
	fmt.Fprintln(out)
	var rows [][]string
	for _, e := range s.Events[max(len(s.Events)-shownEvents, 0):] {
		rows = append(rows, []string{moment(&e.At), string(e.Kind), e.Text})
	}
	grid(out, nil, rows...)
}

// finish returns the quantiles of the finish.
func finish(s monitor.Status) string {
	f := s.Forecast
	if f == nil || f.P10 == nil || f.P90 == nil {
		return moment(s.Finish)
	}
	return fmt.Sprintf("%s (p10 %s, p90 %s)", moment(s.Finish), f.P10.Local().Format(time.TimeOnly), f.P90.Local().Format(time.TimeOnly))
}

// replicas returns how many work, and how many are asked for if these are others.
func replicas(s monitor.Status) string {
	switch f := s.Forecast; {
	case s.Last == nil:
		return "-"
	case f != nil && f.Asked != nil && *f.Asked != s.Last.Replicas:
		return fmt.Sprintf("%d of %d", s.Last.Replicas, *f.Asked)
	default:
		return whole(&s.Last.Replicas)
	}
}
