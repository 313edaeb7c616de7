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

const (
	// maxAge is the greatest plausible age of a sending time. An older one means
	// that the sender's clock is wrong.
	maxAge = time.Minute
	// maxAhead is how far in the future a sending time may be: as far as the clocks
	// of two machines of a cluster usually differ at most.
	maxAhead = 2 * time.Second
)

// Ticks is the account of one job's ticks. Times are Unix milliseconds.
type Ticks struct {
	Since    int64 `json:"since"`    // when ticking was requested
	Received int64 `json:"received"` // each tick counts once
	Lost     int64 `json:"lost"`     // instants without a tick, as of the last tick
	Boundary int64 `json:"boundary"` // the last instant with a tick, at first that of Since
	// Ticked has a bit for each of the last 64 instants that had a tick, the lowest
	// one for Boundary. Those before the start count as if they had one.
	Ticked      uint64 `json:"ticked,omitempty,string"` // a text: JSON numbers are exact up to 2^53
	LastSent    int64  `json:"last_sent,omitempty"`
	LastArrived int64  `json:"last_arrived,omitempty"`

	LastLateness int64 `json:"last_lateness"` // arrival - instant
	MaxLateness  int64 `json:"max_lateness"`
	SumLateness  int64 `json:"sum_lateness"`
}

// beforeStart is Ticked of a job that had no tick.
const beforeStart = ^uint64(1)

// New returns the account of a job whose ticks start at since.
func New(s schedule.Schedule, since time.Time) Ticks {
	return Ticks{Since: since.UnixMilli(), Boundary: s.Boundary(since).UnixMilli(), Ticked: beforeStart}
}

// Delivery is when a tick was sent and when it arrived.
type Delivery struct {
	Sent    time.Time
	Arrived time.Time
	// Claimed means that Sent is what the sender says. Otherwise it is the arrival.
	Claimed bool
}

// NewDelivery returns the delivery of a tick. The claimed sending time counts if it
// is plausible. It is not if it is missing, more than two seconds in the future or
// more than a minute old.
func NewDelivery(claimed, arrived time.Time) Delivery {
	if claimed.IsZero() || claimed.After(arrived.Add(maxAhead)) || arrived.Sub(claimed) > maxAge {
		return Delivery{Sent: arrived, Arrived: arrived}
	}
	return Delivery{Sent: claimed, Arrived: arrived, Claimed: true}
}

// Instant returns the instant of the schedule for which a tick was sent, Unix
// milliseconds; 0 if its sender does not say.
func (d Delivery) Instant(s schedule.Schedule) int64 {
	if !d.Claimed {
		return 0
	}
	return s.Boundary(d.Sent).UnixMilli()
}

// Lateness returns the time from the instant of the schedule at which a tick was sent to its
// arrival, at least 0.
func (d Delivery) Lateness(s schedule.Schedule) time.Duration {
	return max(d.Arrived.Sub(s.Boundary(d.Sent)), 0)
}

// Receive counts a tick for the schedule's instant at which it was sent. The
// instants that it skipped count as lost. A tick that arrives after a later one
// no longer counts as lost.
func (t Ticks) Receive(s schedule.Schedule, d Delivery) Ticks {
	t.Received++
	boundary := s.Boundary(d.Sent).UnixMilli()
	switch ago := t.ago(s, boundary); {
	case ago < 0:
		t.Lost += -ago - 1
		t.Ticked <<= min(-ago, 64)
		t.Ticked |= 1
		t.Boundary = boundary
	case ago < 64:
		if t.Ticked&(1<<ago) == 0 && ago > 0 && t.Lost > 0 {
			t.Lost--
		}
		t.Ticked |= 1 << ago
	}
	t.LastSent = max(t.LastSent, d.Sent.UnixMilli())
	t.LastArrived = d.Arrived.UnixMilli()
	t.LastLateness = d.Lateness(s).Milliseconds()
	t.MaxLateness = max(t.MaxLateness, t.LastLateness)
	t.SumLateness += t.LastLateness
	return t
}

// ago returns how many instants a boundary is before the last one with a tick.
func (t Ticks) ago(s schedule.Schedule, boundary int64) int64 {
	return (t.Boundary - boundary) / s.Every.Milliseconds()
}

// Surplus reports whether a tick adds nothing to those that were received. That is
// so if its instant has had a tick, or if it was sent closer to the last one than
// spacing, a share of the period. What a sender claims decides only among the
// instants of the last minute; a tick that claims no plausible time must keep the
// spacing from the last arrival. With a spacing of 0 no tick is surplus.
func (t Ticks) Surplus(s schedule.Schedule, d Delivery, spacing float64) bool {
	if spacing <= 0 {
		return false
	}
	near := func(last int64, now time.Time) bool {
		gap := now.UnixMilli() - last
		return last != 0 && float64(max(gap, -gap)) < spacing*float64(s.Every.Milliseconds())
	}
	if !d.Claimed {
		return near(t.LastArrived, d.Arrived)
	}
	ago := t.ago(s, d.Instant(s))
	return ago >= 64 || ago >= 0 && t.Ticked&(1<<ago) != 0 || near(t.LastSent, d.Sent)
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
