package monitor

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"kubejobs/shared/core/accounting"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/schedule"
)

// Beat is one delivered event of the metronome. Its id is the same over a sender's
// retries.
type Beat struct {
	ID   string
	Sent time.Time // as the sender claims; zero if it does not say
}

// Claim is an instant of a schedule that a beat serves.
type Claim struct {
	Schedule schedule.Schedule
	Instant  time.Time
	// Skipped is how many jobs lose this tick, because an earlier instant of their
	// schedule is still being served; 0 if this one is to be served.
	Skipped int
}

// Roster knows which jobs are due at a beat.
type Roster interface {
	// Claim returns the instants that became due by a beat and that no other beat
	// serves. One that was missed is due until the next one is. The lease is how long
	// the caller may serve them; no later instant is claimed meanwhile. A beat that is
	// delivered again claims again what it has not served.
	Claim(ctx context.Context, beat Beat, now time.Time, lease time.Duration) ([]Claim, error)
	// Due returns up to limit jobs of a schedule, and the cursor of the next page, ""
	// at the end. after is the cursor of the page before, "" for the first page.
	Due(ctx context.Context, s schedule.Schedule, after string, limit int) ([]Due, string, error)
	// Served ends the lease of a claim.
	Served(ctx context.Context, c Claim) error
}

const (
	// beatTimeout bounds the serving of a beat: less than an answer may take.
	beatTimeout = 20 * time.Second
	// duePage is how many due jobs are read at once.
	duePage = 1000
	// batchAttempts is how often a tick of a batch is tried, batchPause the time
	// before the second attempt. It doubles.
	batchAttempts = 3
	batchPause    = 100 * time.Millisecond
)

// MetronomeOptions holds the settings of a Metronome.
type MetronomeOptions struct {
	Batches Batches // nil: all ticks in this instance
	Senders int     // batches under way at once; 0: 64, or 4 in this instance
	Now     func() time.Time
	// Lost, if set, is called with the number of ticks that nobody took.
	Lost func(reason LostReason, ticks int)
}

// LostReason says why nobody took a tick.
type LostReason string

// Reasons.
const (
	LostBusy   LostReason = "busy"   // an earlier instant was still being served
	LostFailed LostReason = "failed" // each attempt failed, or the time was over
)

// Metronome ticks the jobs of a Roster: each beat serves the instants that became due.
type Metronome struct {
	roster  Roster
	tick    func(context.Context, Tick) (Outcome, error)
	options MetronomeOptions
	log     *slog.Logger
}

// NewMetronome returns a Metronome whose ticks are taken by tick.
func NewMetronome(roster Roster, tick func(context.Context, Tick) (Outcome, error), o MetronomeOptions, log *slog.Logger) *Metronome {
	m := &Metronome{roster: roster, tick: tick, options: o, log: log}
	if m.options.Batches == nil {
		m.options.Batches = here{m}
	}
	if m.options.Senders == 0 {
		m.options.Senders = 64
		if o.Batches == nil {
			m.options.Senders = 4
		}
	}
	if m.options.Lost == nil {
		m.options.Lost = func(LostReason, int) {}
	}
	return m
}

// Served counts what one beat did.
type Served struct {
	Instants int // that were due
	Taken    int // ticks that somebody took
	Lost     int // ticks that nobody took
}

// Beat serves the instants that became due: it hands their jobs out in batches. After an
// error the sender should repeat the beat; ticks that were taken are not taken again.
func (m *Metronome) Beat(ctx context.Context, beat Beat) (Served, error) {
	ctx, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	now := m.options.Now()
	beat.Sent = accounting.NewDelivery(beat.Sent, now).Sent
	claims, err := m.roster.Claim(ctx, beat, now, beatTimeout)
	if err != nil {
		return Served{}, err
	}
	fan := &fan{Metronome: m, senders: make(chan struct{}, m.options.Senders)}
	var group errgroup.Group
	for _, c := range claims {
		if c.Skipped > 0 {
			m.options.Lost(LostBusy, c.Skipped)
			m.log.WarnContext(ctx, "an instant is skipped: the one before is still being served", "every", c.Schedule.Every, "jobs", c.Skipped)
			continue
		}
		group.Go(func() error { return failure.Catch(func() error { return fan.serve(ctx, c) }) })
	}
	err = group.Wait()
	served := Served{Instants: len(claims), Taken: int(fan.taken.Load()), Lost: int(fan.lost.Load())}
	if served.Lost > 0 {
		m.options.Lost(LostFailed, served.Lost)
		m.log.WarnContext(ctx, "ticks lost", "lost", served.Lost, "taken", served.Taken)
	}
	return served, err
}

// fan hands out the jobs of one beat.
type fan struct {
	*Metronome
	senders     chan struct{}
	taken, lost atomic.Int64
}

// serve hands out the jobs of one instant. If they cannot be read to the end, the claim
// keeps its lease, so that the repeated beat serves it.
func (f *fan) serve(ctx context.Context, c Claim) error {
	var batches sync.WaitGroup
	defer batches.Wait()
	for after := ""; ; {
		page, next, err := f.roster.Due(ctx, c.Schedule, after, duePage)
		if err != nil {
			return err
		}
		for _, due := range split(page, c.Instant) {
			select {
			case f.senders <- struct{}{}:
			case <-ctx.Done():
				return failure.Unavailable("the beat takes too long", ctx.Err())
			}
			batches.Go(func() {
				defer failure.Rescue(func(err error) {
					f.lost.Add(int64(len(due)))
					f.log.ErrorContext(ctx, "panic", "error", err, "stack", failure.Stack(err))
				})
				defer func() { <-f.senders }()
				f.handOut(ctx, Batch{c.Instant, due})
			})
		}
		if after = next; next == "" {
			break
		}
	}
	batches.Wait()
	return f.roster.Served(ctx, c)
}

// handOut sends a batch, and again what must be repeated of it.
func (f *fan) handOut(ctx context.Context, b Batch) {
	pause := batchPause
	for attempt := 1; ; attempt++ {
		again, err := f.options.Batches.Send(ctx, b)
		if err != nil {
			f.log.DebugContext(ctx, "a batch failed", "attempt", attempt, "error", err)
			again = b.Due
		}
		f.taken.Add(int64(len(b.Due) - len(again)))
		if b.Due = again; len(again) == 0 {
			return
		}
		if attempt == batchAttempts || !failure.IsRetryable(err) && err != nil || !wait(ctx, pause) {
			f.lost.Add(int64(len(again)))
			return
		}
		pause *= 2
	}
}

// wait waits. It returns false if ctx ended first.
func wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
