// Package accounting answers how well a job is ticked: how many ticks were
// due, how many came, were lost or late.
package accounting

import (
	"time"

	"kubejobs/shared/core/schedule"
)

// Grace is how long after its instant a tick may still come: PingSource's
// adapter delays each by up to 0.5 s and retries for 3.1 s.
const Grace = 4 * time.Second

// maxAge bounds how old a sending time is believed to be: an older one says
// that the sender's clock is wrong.
const maxAge = time.Minute

// Ticks is the account of one job's ticks. Times are Unix milliseconds.
type Ticks struct {
	Since    int64 `json:"since"`    // when ticking was asked for
	Received int64 `json:"received"` // counted once each
	Lost     int64 `json:"lost"`     // instants passed over, as of the last tick
	Boundary int64 `json:"boundary"` // the last instant that was ticked, or Since's
	LastSent int64 `json:"last_sent,omitempty"`

	LastLateness int64 `json:"last_lateness"` // arrival - instant
	MaxLateness  int64 `json:"max_lateness"`
	SumLateness  int64 `json:"sum_lateness"`
}

// New is the account of a job that is to be ticked from since on.
func New(s schedule.Schedule, since time.Time) Ticks {
	return Ticks{Since: since.UnixMilli(), Boundary: s.Boundary(since).UnixMilli()}
}

// Sent is when a tick that arrived at arrived was sent, as far as that can be
// believed: a sending time that is missing, later than the arrival or over a
// minute old is replaced by the arrival.
func Sent(claimed, arrived time.Time) time.Time {
	if claimed.IsZero() || claimed.After(arrived) || arrived.Sub(claimed) > maxAge {
		return arrived
	}
	return claimed
}

// Receive counts a tick by the schedule's instant that it was sent for:
// instants passed over are lost, one that comes after a later one is found
// again.
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

// Surplus tells whether a tick sent at sent is too close to the last one to be
// one of the same sender: closer than spacing (a share) of the period. A
// spacing of 0 turns the question off.
func (t Ticks) Surplus(s schedule.Schedule, sent time.Time, spacing float64) bool {
	if t.LastSent == 0 {
		return false
	}
	gap := sent.UnixMilli() - t.LastSent
	return float64(max(gap, -gap)) < spacing*float64(s.Every.Milliseconds())
}

// Account is what a reader is shown. Lateness is in milliseconds.
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

// At is the account at now, which for an ended job is its end. Instants of the
// last few seconds (Grace) that no tick came for are neither due nor lost yet.
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
