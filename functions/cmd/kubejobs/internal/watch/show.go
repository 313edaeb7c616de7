package watch

import (
	"fmt"
	"strings"

	"kubejobs/functions/cmd/kubejobs/internal/screen"
)

// warn says the warnings of a job that are new.
func (w *watcher) warn(r *row) {
	for _, text := range r.warnings() {
		if len(w.ids) != 1 {
			text = string(r.status.ID) + ": " + text
		}
		w.screen.Say(screen.Printable("warning: " + text))
	}
}

// show shows a job that has changed.
func (w *watcher) show(r *row) {
	if w.screen.Redraws() {
		w.draw()
		return
	}
	if now := changeOf(r.status); now != r.shown {
		r.shown = now
		w.screen.Draw(progressLine(r.status, w.now(), 0))
	}
}

// draw draws all jobs on a terminal.
func (w *watcher) draw() {
	width, height := w.screen.Size()
	rows := w.visible()
	switch {
	case len(rows) == 0:
	case len(w.ids) == 1:
		w.screen.Draw(w.single(rows[0], width, height)...)
	default:
		more := 0
		if w.all() {
			more = w.total - len(rows)
		}
		w.screen.Draw(table(rows, max(more, 0), w.now(), width, height)...)
	}
}

// visible returns the jobs that are known, in the order in which they are shown.
func (w *watcher) visible() []*row {
	ids := w.ids
	if w.all() {
		ids = w.order
	}
	var rows []*row
	for _, id := range ids {
		if r := w.rows[id]; r != nil && r.known {
			rows = append(rows, r)
		}
	}
	return rows
}

// single returns the lines of the only job.
func (w *watcher) single(r *row, width, height int) []string {
	now := w.now()
	lines := []string{progressLine(r.status, now, width)}
	if r.status.EndedAt != nil {
		if end := screen.Printable(expectation(r.status, now)); !strings.HasSuffix(lines[0], end) {
			lines = append(lines, screen.Cut(end, width)) // it did not fit
		}
		return lines[:min(len(lines), height)]
	}
	s := r.status
	lines = append(lines, screen.Cut(fmt.Sprintf("deadline %s  p50 %s  margin %s  P(miss) %s  replicas %s  error %s",
		clock(&s.Deadline, now), clock(s.Finish, now), margin(s.Margin), miss(s), fleet(s), trend(r)), width))
	for _, p := range s.Problems {
		lines = append(lines, screen.Cut(screen.Printable("! "+p.Text), width))
	}
	return lines[:min(len(lines), height)]
}

// tick draws again, as times go on, and ends the watching of a server that has been in
// trouble for long.
func (w *watcher) tick() error {
	patience := troubleFirst
	if w.answered() {
		patience = troublePatience
	}
	if w.trouble != nil && w.now().Sub(w.since) > patience {
		return w.unwatchable(w.trouble)
	}
	if w.screen.Redraws() && !w.lost {
		w.draw()
	}
	return w.unlessEmpty()
}

// sayVerdict says how a job did; with several of them also which.
func (w *watcher) sayVerdict(r *row) {
	if r == nil || !r.known {
		return
	}
	text, _ := Verdict(r.status)
	if len(w.ids) != 1 {
		text = string(r.status.ID) + ": " + text
	}
	w.screen.Say(text)
}
