// Package watch shows the live progress of jobs: on a terminal lines that are redrawn,
// elsewhere a line for each change.
package watch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"kubejobs/functions/cmd/kubejobs/internal/exit"
	"kubejobs/functions/cmd/kubejobs/internal/screen"
	"kubejobs/shared/client"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// MaxJobs is how many jobs may be named: a stream follows no more.
const MaxJobs = 20

const (
	// redrawEvery is the time between two drawings on a terminal: times go on, and its
	// size may change.
	redrawEvery = 500 * time.Millisecond
	// troubleFirst and troublePatience are how long the server may be unable to answer, at
	// first and later.
	troubleFirst    = 5 * time.Second
	troublePatience = 2 * time.Minute
	// lastWait is how long the end of the last living job may take to be told.
	lastWait = 3 * time.Second
)

// Jobs watches jobs until they end, or all living ones until none is left if ids is empty,
// and says how each did against its deadline. It ends when ctx does, with nil. The error is
// the exit.Status of what was said, of several jobs the highest, or why nothing can be
// watched.
func Jobs(ctx context.Context, out io.Writer, c *client.Client, ids []job.ID) error {
	w := newWatcher(c, out, ids)
	err := w.run(ctx)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // it was to end
	}
	if err != nil {
		return err
	}
	for _, id := range ids { // of all living jobs each was said when it ended
		w.sayVerdict(w.rows[id])
	}
	return w.worst.Err()
}

// One watches a job until it ends or ctx does, and returns its last status.
func One(ctx context.Context, out io.Writer, c *client.Client, id job.ID) (monitor.Status, error) {
	w := newWatcher(c, out, []job.ID{id})
	if err := w.run(ctx); err != nil && ctx.Err() == nil {
		return monitor.Status{}, err
	}
	return w.rows[id].status, nil
}

// watcher watches jobs.
type watcher struct {
	client *client.Client
	screen screen.Screen
	ids    []job.ID // empty: all living jobs
	now    func() time.Time
	rows   map[job.ID]*row
	lost   bool // the server does not answer, or cannot
	worst  exit.Status

	trouble error     // why the server cannot answer; nil if it can
	since   time.Time // when the trouble began

	// Of all living jobs:
	order   []job.ID // those that are shown, the most urgent first
	total   int
	emptied time.Time // when no living job was left; zero while there is one
	told    int       // how many more there are, as was said last
}

func newWatcher(c *client.Client, out io.Writer, ids []job.ID) *watcher {
	w := &watcher{client: c, screen: screen.Screen{Out: out}, ids: ids, now: time.Now, rows: map[job.ID]*row{}}
	for _, id := range ids {
		w.rows[id] = &row{}
	}
	return w
}

// all reports whether all living jobs are watched.
func (w *watcher) all() bool { return len(w.ids) == 0 }

// watched returns what the stream is to follow.
func (w *watcher) watched() client.Watched {
	if w.all() {
		return client.Watched{Views: allViews}
	}
	var jobs []client.WatchedJob
	for _, id := range w.ids {
		watched := client.WatchedJob{ID: id}
		if w.screen.Redraws() { // for the sparkline
			watched.Since = new(int64)
		}
		jobs = append(jobs, watched)
	}
	return client.Watched{Jobs: jobs}
}

// news is what the stream gives.
type news struct {
	update client.Update
	err    error
}

// errDone ends the watching: there is nothing more to see.
var errDone = errors.New("done")

// run shows the jobs until there is nothing more to see.
func (w *watcher) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer w.screen.End()
	stream := make(chan news)
	go func() {
		defer failure.Rescue(func(err error) { send(ctx, stream, news{err: err}) })
		for update, err := range w.client.Watch(ctx, w.watched()) {
			if !send(ctx, stream, news{update, err}) {
				return
			}
		}
	}()
	ticker := time.NewTicker(redrawEvery)
	defer ticker.Stop()
	for {
		var err error
		select {
		case n := <-stream:
			if err = w.unwatchable(n.err); err == nil {
				err = w.take(n.update)
			}
		case <-ticker.C:
			err = w.tick()
		case <-ctx.Done():
			return ctx.Err()
		}
		if errors.Is(err, errDone) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// unwatchable says what cannot be watched; nil if err is.
func (w *watcher) unwatchable(err error) error {
	switch {
	case err == nil:
		return nil
	case len(w.ids) == 1:
		return fmt.Errorf("watch %s: %w", w.ids[0], err)
	default:
		return fmt.Errorf("watch: %w", err)
	}
}

func send(ctx context.Context, stream chan<- news, n news) bool {
	select {
	case stream <- n:
		return true
	case <-ctx.Done():
		return false
	}
}
