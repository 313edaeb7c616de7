package monitor

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"kubejobs/shared/core/job"
)

// Overview is a part of all jobs.
type Overview struct {
	At     time.Time      `json:"at"`
	Jobs   []*Status      `json:"jobs"`   // without report, publishers and events
	Total  int            `json:"total"`  // jobs that are selected
	Counts map[string]int `json:"counts"` // jobs by state, whatever states are selected
	// Truncated means that there are more jobs than an overview is made of.
	Truncated bool `json:"truncated"`
}

// Overview returns the jobs that a view selects. Which they are and how they are sorted is
// as old as the last reading of all jobs, about a second or, with many jobs, a 25th of which
// is spent on reading; the jobs themselves are as they are now.
func (s *Service) Overview(ctx context.Context, v View) (Overview, error) {
	all, truncated, now, err := s.allJobs(ctx)
	if err != nil {
		return Overview{}, err
	}
	o := Overview{At: s.now().UTC(), Counts: map[string]int{}, Truncated: truncated}
	var selected []*Status
	for _, status := range all {
		if !v.names(status) {
			continue
		}
		o.Counts[status.State]++
		if v.selects(status) {
			selected = append(selected, status)
		}
	}
	v.sort(selected)
	o.Total = len(selected)
	o.Jobs = v.page(selected)
	if now {
		return o, nil
	}
	o.Jobs, err = s.reread(ctx, o.Jobs)
	return o, err
}

func (v View) names(s *Status) bool {
	return (v.Text == "" || strings.Contains(string(s.ID), v.Text)) && (len(v.IDs) == 0 || slices.Contains(v.IDs, s.ID))
}

func (v View) selects(s *Status) bool {
	if len(v.States) == 0 || slices.Contains(v.States, s.State) {
		return true
	}
	group := StateLiving
	if s.EndedAt != nil {
		group = StateEnded
	}
	return slices.Contains(v.States, group)
}

// sort sorts jobs that are sorted by urgency.
func (v View) sort(jobs []*Status) {
	compare := map[Order]func(a, b *Status) int{
		OrderID:       func(a, b *Status) int { return cmp.Compare(a.ID, b.ID) },
		OrderDeadline: func(a, b *Status) int { return a.Deadline.Compare(b.Deadline) },
		OrderProgress: func(a, b *Status) int { return cmp.Compare(a.done(), b.done()) },
		OrderEnded:    func(a, b *Status) int { return b.end().Compare(a.end()) },
	}[v.Order]
	if compare != nil {
		slices.SortStableFunc(jobs, compare)
	}
	if v.Reverse {
		slices.Reverse(jobs)
	}
}

func (s Status) done() float64 {
	if s.Progress == nil {
		return 0
	}
	return s.Progress.Job
}

func (s Status) end() time.Time {
	if s.EndedAt == nil {
		return time.Time{}
	}
	return *s.EndedAt
}

func (v View) page(jobs []*Status) []*Status {
	if v.Limit < 1 || v.Limit > listPage {
		v.Limit = listPage
	}
	from := min(max(v.Offset, 0), len(jobs))
	return append([]*Status{}, jobs[from:min(from+v.Limit, len(jobs))]...)
}

// reread returns living jobs as they are now. One that is gone is left out.
func (s *Service) reread(ctx context.Context, jobs []*Status) ([]*Status, error) {
	var ids []job.ID
	for _, status := range jobs {
		if status.EndedAt == nil {
			ids = append(ids, status.ID)
		}
	}
	if len(ids) == 0 {
		return jobs, nil
	}
	page, err := s.boards.Records(ctx, ids)
	if err != nil {
		return nil, err
	}
	now := map[job.ID]*Status{}
	for _, record := range page.Records {
		status := newStatus(record, s.now())
		now[record.Spec.ID] = status.brief()
	}
	for _, u := range page.Unreadable {
		status := newUnreadable(u.ID)
		now[u.ID] = &status
	}
	fresh := make([]*Status, 0, len(jobs))
	for _, status := range jobs {
		if status.EndedAt != nil {
			fresh = append(fresh, status)
		} else if status = now[status.ID]; status != nil {
			fresh = append(fresh, status)
		}
	}
	return fresh, nil
}
