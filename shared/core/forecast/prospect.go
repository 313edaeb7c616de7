package forecast

import "time"

// Prospect is an Outlook that is worked out when somebody asks for it. Most ticks need only
// whether the job is at risk, which takes a fortieth of the time.
type Prospect struct {
	last     Point
	begun    bool // there is a point
	model    *Model
	question Question
}

// Prospect returns the prospect of a course, whose model may be nil.
func (c *Course) Prospect(m *Model, q Question) *Prospect {
	return &Prospect{last: c.Last, begun: c.Count > 0, model: m, question: q}
}

// At returns the time of the last point.
func (p *Prospect) At() time.Time { return time.UnixMilli(p.last.At).UTC() }

// Known reports whether there is enough data.
func (p *Prospect) Known() bool { return p.done() || p.model != nil }

// AtRisk reports whether the job will rather miss its deadline than meet it. With too
// little data, it reports whether the deadline has passed.
func (p *Prospect) AtRisk() bool {
	if p.Known() {
		return p.miss() > riskAbove
	}
	return p.ahead() < 0
}

// riskAbove is the probability of missing the deadline above which a job is at risk.
const riskAbove = 0.5

// Outlook returns the whole answer. A job of which all items are completed finished at its
// last point.
func (p *Prospect) Outlook() Outlook {
	o := Outlook{At: p.At(), Question: p.question, Known: p.Known()}
	if p.model != nil {
		o.Rates = p.model.Rates()
	}
	if o.Known {
		o.Miss = p.miss()
	}
	switch q := p.question; {
	case p.done():
		o.P10, o.P50, o.P90 = o.At, o.At, o.At
		if p.ahead() >= 0 {
			o.Need = Need{Probability: 1, Met: true} // none is needed
		}
	case p.model != nil:
		finish := p.model.Finish(q.Fleet, .1, .5, .9)
		o.P10, o.P50, o.P90 = finish[0], finish[1], finish[2]
		o.Need = p.model.Needed(p.ahead(), q.Confidence, q.Least, q.Most, q.Fleet.Kills)
	}
	return o
}

// done reports whether all items are completed.
func (p *Prospect) done() bool { return p.begun && p.last.Done >= float64(p.last.Items) }

// ahead returns the time from the last point to the deadline.
func (p *Prospect) ahead() time.Duration { return p.question.Deadline.Sub(p.At()) }

// miss returns the probability of missing the deadline, if it is known.
func (p *Prospect) miss() float64 {
	switch {
	case !p.done():
		return min(max(1-p.model.Within(p.ahead(), p.question.Fleet), 0), 1)
	case p.ahead() < 0:
		return 1
	default:
		return 0
	}
}
