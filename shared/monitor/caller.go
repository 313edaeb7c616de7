package monitor

import (
	"cmp"
	"context"
	"slices"

	"kubejobs/shared/core/caller"
	"kubejobs/shared/core/job"
)

type callerKey struct{}

// WithCaller returns a context of a request of c.
func WithCaller(ctx context.Context, c caller.Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf returns who makes a request; false where nobody has to say who calls, so that
// everybody may see everything.
func CallerOf(ctx context.Context) (caller.Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(caller.Caller)
	return c, ok
}

// sees reports whether who makes a request may see a job.
func sees(ctx context.Context, id job.ID) bool {
	c, ok := CallerOf(ctx)
	return !ok || c.Sees(id)
}

// listOf returns a page of the living jobs that a caller may see. It is made of what
// overviews are made of: a page of all jobs might have none of the caller's, and its
// cursor would be somebody else's job.
func (s *Service) listOf(ctx context.Context, c caller.Caller, after job.ID, limit int) ([]Status, job.ID, error) {
	all, _, _, err := s.allJobs(ctx)
	if err != nil {
		return nil, "", err
	}
	var ids []job.ID
	for _, status := range all {
		if status.EndedAt == nil && c.Sees(status.ID) && (after == "" || ListOrder(status.ID) > ListOrder(after)) {
			ids = append(ids, status.ID)
		}
	}
	slices.SortFunc(ids, func(a, b job.ID) int { return cmp.Compare(ListOrder(a), ListOrder(b)) })
	next := job.ID("")
	if len(ids) > limit {
		ids = ids[:limit]
		next = ids[limit-1]
	}
	page, err := s.boards.Records(ctx, ids)
	if err != nil {
		return nil, "", err
	}
	statuses := make([]Status, 0, len(ids))
	for _, record := range page.Records {
		if record.State.Phase.Living() {
			statuses = append(statuses, newStatus(record, s.now()))
		}
	}
	for _, u := range page.Unreadable {
		statuses = append(statuses, newUnreadable(u.ID))
	}
	return statuses, next, nil
}
