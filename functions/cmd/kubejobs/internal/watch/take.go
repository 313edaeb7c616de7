package watch

import (
	"fmt"
	"slices"

	"kubejobs/functions/cmd/kubejobs/internal/exit"
	"kubejobs/functions/cmd/kubejobs/internal/screen"
	"kubejobs/shared/client"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// take takes what has come.
func (w *watcher) take(u client.Update) error {
	switch u.Kind {
	case client.UpdateLost:
		w.miss(u.Err)
		return nil
	case client.UpdateTrouble:
		w.trouble, w.since = u.Err, w.now()
		w.miss(u.Err)
		return nil
	case client.UpdateBack, client.UpdateRecovered:
		w.trouble = nil
		w.back()
		return nil
	case client.UpdateSamples:
		if r := w.rows[u.ID]; r != nil {
			for _, x := range u.Samples {
				r.add(x.Timestamp, x.Error)
			}
		}
		return nil
	case client.UpdateOverview:
		return w.takeOverview(u)
	case client.UpdateJob:
		return w.takeJob(*u.Status)
	case client.UpdateGone:
		return w.takeGone(u.ID)
	default:
		return nil
	}
}

// answered reports whether the server has told something.
func (w *watcher) answered() bool {
	return w.order != nil || slices.ContainsFunc(w.ids, func(id job.ID) bool { return w.rows[id].known })
}

// miss says once that the server is lost.
func (w *watcher) miss(why error) {
	if w.lost {
		return
	}
	w.lost = true
	what := "lost the server"
	if !w.answered() {
		what = "cannot reach the server"
	}
	w.screen.Say(screen.Printable(fmt.Sprintf("%s at %s (%v); retrying", what, w.client.Server(), why)))
}

func (w *watcher) back() {
	if w.lost {
		w.screen.Say("the server is back")
	}
	w.lost = false
}

// takeJob shows the status of a job that was named.
func (w *watcher) takeJob(s monitor.Status) error {
	r := w.rows[s.ID]
	if r == nil || r.over {
		return nil
	}
	r.take(s)
	w.warn(r)
	w.show(r)
	if !s.Phase.Living() {
		r.over = true
		_, verdict := Verdict(s)
		w.worst = max(w.worst, verdict)
	}
	return w.unlessOver()
}

// takeGone ends the watching of a job that the server does not know.
func (w *watcher) takeGone(id job.ID) error {
	r := w.rows[id]
	if r == nil || r.over {
		return nil
	}
	err := fmt.Errorf("%s at %s: %w", id, w.client.Server(), monitor.ErrUnknownJob)
	if r.known {
		err = fmt.Errorf("the server at %s does not know the job %s any more: has it lost its state?", w.client.Server(), id)
	}
	if len(w.ids) == 1 {
		return err
	}
	w.screen.Say(err.Error())
	r.over, r.known = true, false
	w.worst = max(w.worst, exit.Failed)
	return w.unlessOver()
}

// unlessOver returns errDone once every job that was named is over.
func (w *watcher) unlessOver() error {
	for _, id := range w.ids {
		if !w.rows[id].over {
			return nil
		}
	}
	return errDone
}
