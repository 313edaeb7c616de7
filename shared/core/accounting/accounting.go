// Package accounting counts the ticks of a job: how many were due, arrived, were
// lost or late.
package accounting

import (
	"time"

	"kubejobs/shared/core/schedule"
)

// Grace is how long after its instant a tick may still arrive: PingSource's
// adapter delays each tick by up to 0.5 s and retries it for 3.1 s.
const Grace = 4 * time.Second

// maxAge is the greatest plausible age of a sending time. An older one means
// that the sender's clock is wrong.
const maxAge = time.Minute

// Ticks is the account of one job's ticks. Times are Unix milliseconds.
type Ticks struct {
	Since    int64 `json:"since"`    // when ticking was requested
	Received int64 `json:"received"` // each tick counts once
	Lost     int64 `json:"lost"`     // instants without a tick, as of the last tick
	Boundary int64 `json:"boundary"` // the last instant with a tick, at first that of Since
	LastSent int64 `json:"last_sent,omitempty"`

	LastLateness int64 `json:"last_lateness"` // arrival - instant
	MaxLateness  int64 `json:"max_lateness"`
	SumLateness  int64 `json:"sum_lateness"`
}

// New returns the account of a job whose ticks start at since.
func New(s schedule.Schedule, since time.Time) Ticks {
	return Ticks{Since: since.UnixMilli(), Boundary: s.Boundary(since).UnixMilli()}
}

// Sent returns the claimed sending time of a tick if it is plausible, else the
// arrival time. A claim is implausible if it is missing, later than the arrival
// or more than a minute old.
func Sent(claimed, arrived time.Time) time.Time {
	if claimed.IsZero() || claimed.After(arrived) || arrived.Sub(claimed) > maxAge {
		return arrived
	}
	return claimed
}

// Receive counts a tick for the schedule's instant at which it was sent. The
// instants that it skipped count as lost. A tick that arrives after a later one
// no longer counts as lost.
func (t Ticks) Receive(s schedule.Schedule, sent, arrived time.Time) Ticks {
	t.Received++
	boundary := s.Boundary(sent).UnixMilli()
	every := s.Every.Milliseconds()
	switch {
	case boundary > t.Boundary:
		t.Lost += (boundary-t.Boundary)/every - 1
		t.Boundary = boundary
	case boundary < t.Boundary && t.Lost > 0:
		t.Lost--
	}
	t.LastSent = max(t.LastSent, sent.UnixMilli())
	t.LastLateness = arrived.UnixMilli() - boundary
	t.MaxLateness = max(t.MaxLateness, t.LastLateness)
	t.SumLateness += t.LastLateness
	return t
}

// Surplus reports whether a tick is too close to the last one to come from the
// same sender: closer than spacing, a share of the period. With a spacing of 0
// no tick is surplus.
func (t Ticks) Surplus(s schedule.Schedule, sent time.Time, spacing float64) bool {
	if t.LastSent == 0 {
		return false
	}
	gap := sent.UnixMilli() - t.LastSent
	return float64(max(gap, -gap)) < spacing*float64(s.Every.Milliseconds())
}

// Account is the account of a job's ticks as it is shown.
type Account struct {
	Expected     int64   `json:"expected"`
	Received     int64   `json:"received"`
	Duplicate    int64   `json:"duplicate"`
	Surplus      int64   `json:"surplus"`
	Lost         int64   `json:"lost"`
	LastLateness int64   `json:"last_lateness_ms"`
	MaxLateness  int64   `json:"max_lateness_ms"`
	MeanLateness float64 `json:"mean_lateness_ms"` // 0 while none was received
}

// At returns the account at now; for an ended job now is its end. Recent
// instants (see Grace) without a tick count neither as due nor as lost.
func (t Ticks) At(s schedule.Schedule, now time.Time) Account {
	every := s.Every.Milliseconds()
	due := max(s.Boundary(now.Add(-Grace)).UnixMilli(), t.Boundary)
	first := s.Boundary(time.UnixMilli(t.Since)).UnixMilli()
	a := Account{
		Expected:     max(due-first, 0) / every,
		Received:     t.Received,
		Lost:         t.Lost + (due-t.Boundary)/every,
		LastLateness: t.LastLateness,
		MaxLateness:  t.MaxLateness,
	}
	if t.Received > 0 {
		a.MeanLateness = float64(t.SumLateness) / float64(t.Received)
	}
	return a
}
