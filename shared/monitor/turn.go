package monitor

import (
	"context"
	"sync"
	"time"

	"kubejobs/shared/core/job"
)

// MaxWaiting is how many starts and stops wait for the scheduler at a time, up to
// ScheduleFor each if Kubernetes does not answer. They must leave room for the other
// calls of an instance.
const MaxWaiting = 5

// turnPatience is how long the scheduler must not have answered anybody before calls
// no longer wait for their turn.
const turnPatience = 3 * time.Second

// turns lets MaxWaiting calls use the scheduler at a time. While it answers, the others
// wait for their turn. When it has answered nobody for turnPatience, the others do not
// wait: they would fill the instance, each until it gave up.
type turns struct {
	slots chan struct{}

	mu       sync.Mutex
	answered int  // how many calls were answered
	stuck    bool // none was for turnPatience
}

func newTurns() *turns { return &turns{slots: make(chan struct{}, MaxWaiting)} }

// take waits for a turn, which ends with end. It returns false if there is none.
func (t *turns) take(ctx context.Context) bool {
	select {
	case t.slots <- struct{}{}:
		return true
	default:
	}
	timer := time.NewTimer(turnPatience)
	defer timer.Stop()
	for {
		before, stuck := t.progress()
		if stuck {
			return false
		}
		select {
		case t.slots <- struct{}{}:
			return true
		case <-ctx.Done():
			return false
		case <-timer.C:
			t.check(before)
			timer.Reset(turnPatience)
		}
	}
}

func (t *turns) progress() (answered int, stuck bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.answered, t.stuck
}

// check sets stuck if nobody was answered since progress returned before.
func (t *turns) check(before int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stuck = t.stuck || t.answered == before
}

// end ends a turn.
func (t *turns) end(answered bool) {
	<-t.slots
	t.mu.Lock()
	defer t.mu.Unlock()
	if answered {
		t.answered++
	}
	if answered || len(t.slots) == 0 {
		t.stuck = false
	}
}

// scheduleInTurn creates the job's schedule for a caller who waits for it. Without a
// turn, it leaves that to the next start or the sweep.
func (s *Service) scheduleInTurn(ctx context.Context, spec job.Spec) {
	waiting, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.ScheduleFor)
	defer cancel()
	if !s.turns.take(waiting) {
		s.log.WarnContext(ctx, "the scheduler does not answer: the schedule is left to the sweep", "job", spec.ID)
		return
	}
	answered := false
	defer func() { s.turns.end(answered) }()
	answered = s.schedule(waiting, spec)
}

// unscheduleInTurn removes a job's schedule for a caller who waits for it. Without a
// turn, it leaves that to the next tick of that life or the sweep.
func (s *Service) unscheduleInTurn(ctx context.Context, id job.ID, life int64) {
	waiting, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	if !s.turns.take(waiting) {
		s.log.WarnContext(ctx, "the scheduler does not answer: removing the schedule is left to the sweep", "job", id)
		return
	}
	answered := false
	defer func() { s.turns.end(answered) }()
	answered = s.unschedule(waiting, id, life)
}
