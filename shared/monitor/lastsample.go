package monitor

import (
	"context"
	"slices"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

const (
	// lastSampleFor is how long after a job's end sweeps try to push its last sample: the
	// Redis of the job may be gone for good.
	lastSampleFor = time.Hour
	// lastSamplesAtOnce is how many last samples a sweep pushes at once.
	lastSamplesAtOnce = 16
)

// pushedLast records that the last sample of a job needs no push any longer, if the tick
// tickID took it. If that fails, the sweep pushes it again, in vain.
func (s *Service) pushedLast(ctx context.Context, id job.ID, state *job.State, tickID string) {
	if state.Unpushed == "" || state.Unpushed != tickID {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	_, _, err := s.update(ctx, id, func(r Record) (job.State, bool) {
		changed := r.State.Unpushed == tickID
		r.State.Unpushed = ""
		return r.State, changed
	})
	if err != nil && failure.KindOf(err) != failure.KindNotFound {
		s.log.WarnContext(ctx, "recording the push of the last sample failed", "job", id, "error", err)
	}
}

// pushLast pushes the last samples of the ended jobs of a page that may not be in the
// Controller's list: nobody repeats the tick of a sweep, and a sender gives up.
func (w *sweeper) pushLast(ctx context.Context, page []Record) {
	var owing []*Record
	for _, listed := range page {
		if listed.State.Unpushed == "" {
			continue
		}
		record, err := w.ticks.Load(ctx, listed.Spec.ID, "") // the page was read a while ago
		switch {
		case failure.KindOf(err) == failure.KindNotFound:
		case err != nil:
			w.count(ctx, listed.Spec.ID, err)
		case record.State.Unpushed != "" && record.State.Summary.Last == nil: // the state is damaged
			w.pushedLast(ctx, record.Spec.ID, &record.State, record.State.Unpushed)
		case record.State.Unpushed != "":
			owing = append(owing, record)
		}
	}
	for some := range slices.Chunk(owing, lastSamplesAtOnce) {
		w.pushLastOf(ctx, some)
	}
}

// pushLastOf pushes the last samples of jobs at once.
func (w *sweeper) pushLastOf(ctx context.Context, owing []*Record) {
	within, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	pushed := make([]<-chan error, len(owing))
	for i, r := range owing {
		pushed[i] = w.push(within, &r.Spec, PushKey{TickID: r.State.Unpushed}, r.State.Summary.Last)
	}
	for i, r := range owing {
		err := <-pushed[i]
		w.markPublishers(ctx, r, []Delivery{listDelivery(err)})
		old := w.now().Sub(time.UnixMilli(r.State.EndedAt)) >= lastSampleFor
		if err == nil {
			w.swept.Pushed++
		}
		if failure.IsRetryable(err) && !old {
			w.count(ctx, r.Spec.ID, err)
			continue
		}
		w.pushedLast(ctx, r.Spec.ID, &r.State, r.State.Unpushed)
	}
}
