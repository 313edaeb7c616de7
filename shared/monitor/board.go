package monitor

import (
	"context"
	"slices"
	"sync"
	"time"

	"kubejobs/shared/core/job"
)

// Bounds of the board.
const (
	boardLiving = 5000 // living jobs that are read
	boardEnded  = 1000 // ended jobs, the last ones
	// boardLeast is the least time between two readings, boardShare the most of the time
	// that they take: with more jobs they are rarer.
	boardLeast = time.Second
	boardShare = 25
)

// board is what was read of all jobs last, the most urgent one first. Reading them takes
// long, so that all readers share it.
type board struct {
	turn chan struct{} // holds a token while nobody reads the jobs

	mu        sync.Mutex
	jobs      []*Status
	truncated bool // there are more jobs
	read      time.Time
	next      time.Time // when the jobs are read again
	ended     map[job.ID]*Status
}

func newBoard() *board {
	b := &board{turn: make(chan struct{}, 1), ended: map[job.ID]*Status{}}
	b.turn <- struct{}{}
	return b
}

// expire makes the next reader read the jobs, because one was started or stopped here.
func (b *board) expire() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next.Sub(b.read) <= boardLeast { // else it takes too long to do so for each caller
		b.next = time.Time{}
	}
}

// fresh returns the jobs if they need not be read again.
func (b *board) fresh(now time.Time) (jobs []*Status, truncated, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.read.IsZero() || !now.Before(b.next) || now.Before(b.read) {
		return nil, false, false
	}
	return b.jobs, b.truncated, true
}

// allJobs returns all jobs, as they were read last or just now. now reports which. The
// statuses must not be changed.
func (s *Service) allJobs(ctx context.Context) (jobs []*Status, truncated, now bool, err error) {
	b := s.board
	if jobs, truncated, ok := b.fresh(s.now()); ok {
		return jobs, truncated, false, nil
	}
	select {
	case <-b.turn:
		defer func() { b.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, false, false, ctx.Err()
	}
	if jobs, truncated, ok := b.fresh(s.now()); ok { // somebody else has read them
		return jobs, truncated, true, nil
	}
	began := s.now()
	jobs, truncated, err = s.readAll(ctx)
	if err != nil {
		return nil, false, false, err
	}
	slices.SortFunc(jobs, byUrgency)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.jobs, b.truncated, b.read = jobs, truncated, s.now()
	b.next = b.read.Add(max(boardLeast, boardShare*b.read.Sub(began)))
	return jobs, truncated, true, nil
}

// readAll reads the living jobs, and the ended ones that are not known yet.
func (s *Service) readAll(ctx context.Context) (jobs []*Status, truncated bool, err error) {
	living := map[job.ID]bool{}
	for after := job.ID(""); ; {
		page, next, err := s.List(ctx, after, listPage)
		if err != nil {
			return nil, false, err
		}
		for _, status := range page {
			living[status.ID] = true
			jobs = append(jobs, status.brief())
		}
		if next == "" {
			break
		}
		if after = next; len(jobs) >= boardLiving {
			truncated = true
			break
		}
	}
	ended, more, err := s.readEnded(ctx, living)
	return append(jobs, ended...), truncated || more, err
}

// readEnded reads the jobs that ended last and are not living again. An ended job does not
// change, so each is read once.
func (s *Service) readEnded(ctx context.Context, living map[job.ID]bool) (jobs []*Status, more bool, err error) {
	listed, err := s.boards.Ended(ctx, s.now().Add(-s.cfg.Retention), boardEnded+1)
	if err != nil {
		return nil, false, err
	}
	if more = len(listed) > boardEnded; more {
		listed = listed[:boardEnded]
	}
	known := map[job.ID]*Status{}
	var unknown []job.ID
	for _, e := range listed {
		switch old := s.board.ended[e.ID]; {
		case living[e.ID]:
		case old != nil && old.EndedAt.UnixMilli() == e.At:
			known[e.ID] = old
		default:
			unknown = append(unknown, e.ID)
		}
	}
	for part := range slices.Chunk(unknown, listPage) {
		page, err := s.boards.Records(ctx, part)
		if err != nil {
			return nil, false, err
		}
		for _, record := range page.Records {
			if !record.State.Phase.Living() {
				status := newStatus(record, s.now())
				known[record.Spec.ID] = status.brief()
			}
		}
	}
	s.board.ended = known // only who has the turn does so
	for _, status := range known {
		jobs = append(jobs, status)
	}
	return jobs, more, nil
}

// brief returns a copy of a status without what an overview does not show, and without
// what changes with the clock alone: a job that gets no ticks is the same at any time.
func (s Status) brief() *Status {
	s.Report, s.Publishers, s.Events, s.Warnings, s.Ticks, s.NextTick = nil, nil, nil, nil, nil, nil
	if s.Forecast != nil {
		f := *s.Forecast
		f.Quiet, s.Forecast = 0, &f
	}
	return &s
}
