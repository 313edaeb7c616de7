package monitor

import (
	"context"
	"time"

	"kubejobs/shared/core/job"
)

// shownUsers bounds how many of the jobs that share a queue are named.
const shownUsers = 3

// Sharing says which other living jobs use a list of a job's queue. Each of them
// counts the items of the others.
type Sharing struct {
	SharedWith  []job.ID `json:"shared_queue_with,omitempty"`  // those that started first, at most shownUsers
	SharedCount int      `json:"shared_queue_count,omitempty"` // all of them, at most MaxQueueUsers
}

// sharing stores that a living job uses its queue, and returns who else does. It is
// for a warning only: if the store fails, the sharing stays unknown.
func (s *Service) sharing(ctx context.Context, spec job.Spec) Sharing {
	ctx, cancel := context.WithTimeout(ctx, queueTimeout)
	defer cancel()
	var keep time.Duration // without a maximum age a job may live for ever
	if s.cfg.MaxAge > 0 {
		keep = s.cfg.MaxAge + s.cfg.Retention
	}
	users, err := s.queues.UseQueue(ctx, spec, keep)
	if err != nil {
		s.log.WarnContext(ctx, "reading which jobs share the queue failed", "job", spec.ID, "error", err)
	}
	return Sharing{SharedWith: users[:min(len(users), shownUsers)], SharedCount: len(users)}
}

// leaveQueue removes an ended life of a job from the users of its queue. If that
// fails, the next reader removes it.
func (s *Service) leaveQueue(ctx context.Context, spec job.Spec) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), queueTimeout)
	defer cancel()
	if err := s.queues.LeaveQueue(ctx, spec); err != nil {
		s.log.WarnContext(ctx, "removing the job from the users of its queue failed", "job", spec.ID, "error", err)
	}
}
