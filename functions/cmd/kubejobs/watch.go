package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

const (
	watchInterval = 500 * time.Millisecond
	watchTimeout  = 5 * time.Second
	// watchSlow is how long a server may take to answer before it counts as lost.
	watchSlow = 700 * time.Millisecond
	// watchFirst is how long the first answer may take, watchPatience how long a
	// server that has answered may be lost.
	watchFirst    = 5 * time.Second
	watchPatience = 2 * time.Minute
)

func newWatch() *cobra.Command {
	var server string
	cmd := &cobra.Command{
		Use:   "watch ID",
		Short: "Show the live progress of a job until it ends",
		Long: "Shows the live progress of a job until it ends. The exit status is 0 if the deadline was met, 2 if the\n" +
			"job finished late, 3 if it failed or was stopped, and 1 if it could not be watched.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := job.ParseID(args[0])
			if err != nil {
				return err
			}
			base, err := baseURL(server)
			if err != nil {
				return err
			}
			status, err := watch(cmd.Context(), cmd.OutOrStdout(), base, id)
			if err != nil || cmd.Context().Err() != nil {
				return err
			}
			text, verdict := status.verdict()
			fmt.Fprintln(cmd.OutOrStdout(), text)
			return verdict
		},
	}
	cmd.Flags().StringVar(&server, "server", "http://127.0.0.1:8080", "base URL of the kubejobs server")
	return cmd
}

// watch shows a job until it ends or ctx does: on a terminal one line that is redrawn,
// elsewhere a line for each change.
func watch(ctx context.Context, out io.Writer, server string, id job.ID) (answer, error) {
	w := &watcher{server: server, id: id, screen: screen{out: out}}
	defer w.screen.end()
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	w.heard = time.Now()
	for {
		status, err := w.read(ctx)
		switch {
		case ctx.Err() != nil:
			return status, nil
		case err != nil:
			if err := w.fail(err); err != nil {
				return status, err
			}
		default:
			w.show(status)
			if !status.Phase.Living() {
				return status, nil
			}
		}
		select {
		case <-ctx.Done():
			return status, nil
		case <-ticker.C:
		}
	}
}

// watcher watches one job.
type watcher struct {
	server string
	id     job.ID
	screen screen

	answered bool      // the server has answered
	lost     bool      // it does not answer any more
	heard    time.Time // its last answer, or the begin
	shown    change
	warned   []string // the warnings of the last status
}

// change is what makes a new line where lines are not redrawn.
type change struct {
	samples  int64
	phase    job.Phase
	health   forecast.Status
	failures int
}

// read reads the status. It says so if the server is slow to answer.
func (w *watcher) read(ctx context.Context) (answer, error) {
	type result struct {
		status answer
		err    error
	}
	results := make(chan result, 1)
	go func() {
		var status answer
		err := failure.Catch(func() (err error) {
			status, err = getStatus(ctx, w.server, w.id)
			return err
		})
		results <- result{status, err}
	}()
	slow := time.NewTimer(watchSlow)
	defer slow.Stop()
	for {
		select {
		case r := <-results:
			return r.status, r.err
		case <-ctx.Done():
			return answer{}, ctx.Err()
		case <-slow.C:
			w.miss("it does not answer")
		}
	}
}

// fail returns an error if watching is useless or has lasted too long without an
// answer.
func (w *watcher) fail(err error) error {
	if errors.Is(err, monitor.ErrUnknownJob) {
		if w.answered {
			return fmt.Errorf("the server at %s does not know the job %s any more: has it lost its state?", w.server, w.id)
		}
		return fmt.Errorf("%s at %s: %w", w.id, w.server, err)
	}
	_, foreign := errors.AsType[*foreignError](err)
	patience := watchFirst
	if w.answered {
		patience = watchPatience
	}
	if (foreign && !w.answered) || time.Since(w.heard) > patience {
		return fmt.Errorf("watch %s: %w", w.id, err)
	}
	w.miss(err.Error())
	return nil
}

// miss says once that the server is lost.
func (w *watcher) miss(why string) {
	if w.lost {
		return
	}
	w.lost = true
	what := "lost the server"
	if !w.answered {
		what = "cannot reach the server"
	}
	w.screen.say(printable(fmt.Sprintf("%s at %s (%s); retrying", what, w.server, why)))
}

// warn says the warnings that are new.
func (w *watcher) warn(warnings []string) {
	for _, text := range warnings {
		if !slices.Contains(w.warned, text) {
			w.screen.say(printable("warning: " + text))
		}
	}
	w.warned = warnings
}

// show shows a status.
func (w *watcher) show(status answer) {
	if w.lost {
		w.screen.say("the server is back")
	}
	w.answered, w.lost, w.heard = true, false, time.Now()
	w.warn(status.Warnings)
	now := change{status.Samples, status.Phase, status.Health, status.Failures}
	_, redraws := w.screen.terminal()
	if !redraws && now == w.shown {
		return
	}
	w.shown = now
	line := progressLine(status.Status, time.Now(), w.screen.width())
	w.screen.draw(line)
	if end := printable(expectation(status.Status, time.Now())); status.EndedAt != nil && redraws && !strings.HasSuffix(line, end) {
		w.screen.end()
		w.screen.say(end) // it did not fit
	}
}
