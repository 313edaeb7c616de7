package monitor

import (
	"context"
	"fmt"
	"slices"
	"strings"
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

// Others returns the other jobs as a text: "job b", or "jobs b, c, d and 4 more"; "" if
// there are none.
func (s Sharing) Others() string {
	switch {
	case s.SharedCount == 0:
		return ""
	case len(s.SharedWith) == 0: // the caller may not see them
		return fmt.Sprintf("job of somebody else (%d in all)", s.SharedCount)
	}
	ids := make([]string, 0, len(s.SharedWith))
	for _, id := range s.SharedWith {
		ids = append(ids, string(id))
	}
	text := "job " + ids[0]
	if s.SharedCount > 1 {
		text = "jobs " + strings.Join(ids, ", ")
	}
	if more := s.SharedCount - len(s.SharedWith); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
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
	count := len(users)
	users = slices.DeleteFunc(users, func(id job.ID) bool { return !sees(ctx, id) })
	return Sharing{SharedWith: users[:min(len(users), shownUsers)], SharedCount: count}
}

// leave removes what the store keeps of an ended life of a job beside its record.
func (s *Service) leave(ctx context.Context, spec job.Spec) {
	s.leaveQueue(ctx, spec)
	s.leavePlace(ctx, spec)
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
