package forecast

import (
	"math"
	"time"

	"kubejobs/shared/core/sample"
)

// Question is what an Outlook answers.
type Question struct {
	Deadline   time.Time
	Fleet      Fleet   // the replicas that work from now on
	Confidence float64 // the probability of meeting the deadline to aim at, in (0, 1)
	// Least and Most bound the number of replicas that may be needed, 1 <= Least <= Most.
	Least, Most int64
}

// DefaultConfidence is the probability of meeting the deadline to aim at, unless somebody
// names another one.
const DefaultConfidence = 0.9

// Ask returns the question of whether a job meets its deadline with the replicas that it
// has or asks for at the last point of its course; before is how many worked last. Up to 1,000 replicas may be needed, or
// as many as the job has, but no more than items are left.
func Ask(last Point, before int64, deadline time.Time, confidence float64) Question {
	fleet := FleetOf(last, before)
	left := math.Ceil(max(float64(last.Items)-last.Done, 1))
	return Question{
		Deadline: deadline, Fleet: Fleet{Replicas: fleet, Kills: true}, Confidence: confidence,
		Least: 1, Most: int64(min(left, float64(max(usualFleet, min(fleet, MaxFleet))))),
	}
}

// usualFleet is how many replicas may be needed at most, unless a job has more; MaxFleet is
// how many may be needed at all.
const (
	usualFleet = 1000
	MaxFleet   = 10_000
)

// Outlook is what the course of a job says about its end.
type Outlook struct {
	At       time.Time // of the last point
	Question Question
	// Known means that P10, P50, P90, Miss and Need are known. Otherwise there is not
	// enough data.
	Known bool
	// P10, P50 and P90 are quantiles of the finish, UTC, none before At; zero if it is
	// over a century away.
	P10, P50, P90 time.Time
	Miss          float64 // probability of missing the deadline
	Need          Need
	Rates         Rates // zero while unknown
}

// NewOutlook returns the answer to a question about a course, whose model may be nil.
func NewOutlook(c *Course, m *Model, q Question) Outlook { return c.Prospect(m, q).Outlook() }

// NewPoint returns the point of a sample of a job of so many items.
func NewPoint(x sample.Sample, items, working, asked int64, held bool) Point {
	done := x.Job * float64(items)
	if whole := math.Round(done); math.Abs(done-whole) < wholeWithin {
		done = whole // the share was computed from whole items
	}
	return Point{
		At: x.At, Items: items, Done: done, Working: max(working, 0), Asked: max(asked, 0), Held: held,
	}
}

// wholeWithin is how far a product of a share and the number of items may be from the
// whole number that it stands for.
const wholeWithin = 1e-6

// FleetOf returns how many replicas a forecast assumes after a point: those that work or
// are asked for; if there are none, as many as worked last.
func FleetOf(p Point, before int64) int64 {
	if fleet := max(p.Working, p.Asked); fleet > 0 {
		return fleet
	}
	return before
}

// Ends returns the first and the last point; zero points if c is nil.
func (c *Course) Ends() (first, last Point) {
	if c == nil {
		return Point{}, Point{}
	}
	return c.First, c.Last
}

// Clone returns a copy of the course; one without points if c is nil.
func (c *Course) Clone() *Course {
	clone := new(Course)
	if c != nil {
		*clone = *c
	}
	return clone
}

// Equal reports whether two courses are the same.
func (c Course) Equal(other Course) bool { return c == other }

// MeanRate returns the items that were completed a second between the first and the last
// point; 0 if that is unknown, or c is nil.
func (c *Course) MeanRate() float64 {
	first, last := c.Ends()
	seconds, done := float64(last.At-first.At)/1000, last.Done-first.Done
	if seconds <= 0 || done <= 0 {
		return 0
	}
	return done / seconds
}
