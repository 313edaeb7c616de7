package watch

import (
	"fmt"
	"slices"
	"time"

	"kubejobs/shared/client"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Views of all living jobs: the most urgent ones, and those that ended last.
const (
	livingView = iota
	endedView
)

const viewLimit = 100

var allViews = []monitor.View{
	livingView: {States: []string{monitor.StateLiving}, Order: monitor.OrderUrgency, Limit: viewLimit},
	endedView:  {States: []string{monitor.StateEnded}, Order: monitor.OrderEnded, Limit: viewLimit},
}

// takeOverview shows a view of all living jobs, or the jobs that have ended.
func (w *watcher) takeOverview(u client.Update) error {
	if u.View == endedView {
		w.takeEnded(u.Overview.Jobs)
		return w.unlessEmpty()
	}
	first := w.order == nil
	w.order, w.total = []job.ID{}, u.Overview.Total
	for _, s := range u.Overview.Jobs {
		if s.EndedAt != nil { // just now
			continue
		}
		r := w.rows[s.ID]
		if r == nil {
			r = &row{}
			w.rows[s.ID] = r
		}
		r.take(*s)
		r.over = false
		w.order = append(w.order, s.ID)
		if !w.screen.Redraws() {
			w.show(r)
		}
	}
	w.takeEnded(u.Overview.Jobs)
	if w.screen.Redraws() {
		w.draw()
	} else if more := w.total - len(u.Overview.Jobs); more != w.told {
		w.told = more
		w.screen.Say(fmt.Sprintf("and %d more", more))
	}
	switch {
	case w.total > 0:
		w.emptied = time.Time{}
	case first:
		w.screen.Say("no job is living at " + w.client.Server())
		return errDone
	}
	return w.unlessEmpty()
}

// takeEnded says how the jobs did that have ended while they were watched.
func (w *watcher) takeEnded(jobs []*monitor.Status) {
	for _, s := range slices.Backward(jobs) { // the first that ended
		r := w.rows[s.ID]
		if s.EndedAt == nil || r == nil || r.over || !s.Submitted.Equal(r.status.Submitted) {
			continue
		}
		r.take(*s)
		r.over = true
		w.order = slices.DeleteFunc(w.order, func(id job.ID) bool { return id == s.ID })
		_, verdict := Verdict(*s)
		w.worst = max(w.worst, verdict)
		width, _ := w.screen.Size()
		w.screen.Say(progressLine(*s, w.now(), width))
		w.sayVerdict(r)
	}
}

// unlessEmpty returns errDone once no living job is left and it was said how each one did,
// or has not been told for long.
func (w *watcher) unlessEmpty() error {
	if !w.all() || w.order == nil || w.total > 0 {
		return nil
	}
	if w.emptied.IsZero() {
		w.emptied = w.now()
	}
	open := false
	for _, r := range w.rows {
		open = open || !r.over
	}
	if open && w.now().Sub(w.emptied) < lastWait {
		return nil
	}
	return errDone
}
