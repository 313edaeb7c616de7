package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"kubejobs/functions/cmd/kubejobs/internal/arguments"
	"kubejobs/functions/cmd/kubejobs/internal/screen"
	"kubejobs/shared/client"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

func (r *Remote) events() *cobra.Command {
	return r.build(command{
		use: "events ID", short: "Show what happens to a job until it ends",
		long: "Shows what has happened in the life of a job (started, at-risk, stalled, recovered, scaled, finished and others, the\n" +
			"last 32), and what happens then, a line for each event, until the job ends. With json each line is an object.",
		example: "  kubejobs events demo\n  kubejobs events demo --samples --output json\n  kubejobs events demo --no-follow",
		ids:     true, formats: []string{formatTable, formatJSON},
		flags: func(cmd *cobra.Command) {
			cmd.Flags().Bool("samples", false, "show each new sample too")
			cmd.Flags().Bool("no-follow", false, "end after what has happened")
		},
		read: func(a *arguments.Arguments) action {
			ids, samples, once := a.IDs(1, 1), a.Truth("samples"), a.Truth("no-follow")
			if samples && once {
				a.Refuse("--samples: not with --no-follow: kubejobs samples shows those that are kept")
			}
			return func(ctx context.Context, s *session) error {
				err := s.events(ctx, ids[0], samples, once)
				if ctx.Err() != nil {
					return nil //nolint:nilerr // Ctrl-C
				}
				if err != nil {
					err = fmt.Errorf("%s: %w", ids[0], err)
				}
				return err
			}
		},
	})
}

func (s *session) events(ctx context.Context, id job.ID, samples, once bool) error {
	w := eventWriter{session: s}
	if once {
		status, err := s.client.Status(ctx, id)
		if err != nil {
			return err
		}
		return w.news(status)
	}
	for u, err := range s.client.Watch(ctx, client.Watched{Jobs: []client.WatchedJob{{ID: id}}}) {
		switch {
		case err != nil:
			return err
		case u.Kind == client.UpdateGone:
			return &client.Error{Kind: client.ErrNotFound, Message: monitor.ErrUnknownJob.Message, Err: monitor.ErrUnknownJob}
		case u.Kind == client.UpdateLost, u.Kind == client.UpdateTrouble:
			fmt.Fprintln(s.err, screen.Printable(fmt.Sprintf("lost the server at %s (%v); retrying", s.client.Server(), u.Err)))
		case u.Kind == client.UpdateSamples && samples:
			err = w.samples(u.Samples)
		case u.Kind == client.UpdateJob:
			err = w.news(*u.Status)
			if err == nil && !u.Status.Phase.Living() {
				return nil
			}
		}
		if err != nil {
			return err
		}
	}
	return errors.New("the stream ended")
}

// eventWriter writes the events of a job that are new.
type eventWriter struct {
	*session
	last    job.Entry // that was written
	written bool
}

// news writes the events of a status that are new.
func (w *eventWriter) news(s monitor.Status) error {
	from := 0
	if w.written {
		for i, e := range s.Events {
			if e == w.last {
				from = i + 1
			}
		}
	}
	for _, e := range s.Events[from:] {
		if err := w.write(e, moment(&e.At)+"  "+fmt.Sprintf("%-10s", e.Kind)+"  "+e.Text); err != nil {
			return err
		}
		w.last, w.written = e, true
	}
	return nil
}

func (w *eventWriter) samples(samples []monitor.TimedSample) error {
	for _, x := range samples {
		line := fmt.Sprintf("%s  %-10s  %.1f %% done, time %.1f %% (%+.1f), %d replicas", moment(&x.At), "sample", 100*x.Job, 100*x.Time, 100*x.Error, x.Replicas)
		if err := w.write(timedSample{"sample", x}, line); err != nil {
			return err
		}
	}
	return nil
}

// timedSample is a sample among events.
type timedSample struct {
	Type string `json:"type"`
	monitor.TimedSample
}

// write writes a value as JSON, or a line.
func (w *eventWriter) write(value any, line string) error {
	if w.format != formatJSON {
		_, err := fmt.Fprintln(w.out, screen.Printable(line))
		return err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.out, "%s\n", text)
	return err
}
