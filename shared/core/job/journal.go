package job

import (
	"fmt"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/forecast"
)

// MaxJournal is the number of entries of a journal that are kept.
const MaxJournal = 32

// Kinds of entries that are no events.
const (
	EntryUnobserved EventKind = "unobserved" // the queue cannot be read any more
	EntryObserved   EventKind = "observed"   // it can be read again
	EntrySuspended  EventKind = "suspended"  // Kubernetes suspended the Job
	EntryResumed    EventKind = "resumed"
)

// Entry is something that happened in a life of a job, for a reader.
type Entry struct {
	At   time.Time `json:"at"`
	Kind EventKind `json:"type"`
	Text string    `json:"text"`
}

// Journal returns the entries that a change of state causes. prospect is that of the
// state after; nil if there is none.
func Journal(spec Spec, before, after State, prospect *forecast.Prospect, at time.Time) []Entry {
	var entries []Entry
	add := func(kind EventKind, text string) {
		entries = append(entries, Entry{At: at.UTC().Truncate(time.Millisecond), Kind: kind, Text: failure.Clean(text)})
	}
	if before.Phase.Living() {
		switch was, is := before.QueueGap, after.QueueGap; {
		case was == nil && is != nil:
			add(EntryUnobserved, "the queue cannot be read: "+is.Error)
		case was != nil && is == nil:
			add(EntryObserved, "the queue can be read again")
		}
		switch {
		case !before.Suspended && after.Suspended:
			add(EntrySuspended, forecast.CauseSuspended.Words())
		case before.Suspended && !after.Suspended && after.Phase.Living():
			add(EntryResumed, "Kubernetes has resumed the Job")
		}
	}
	for _, kind := range eventsBetween(before, after) {
		add(kind, entryText(kind, spec, before, after, prospect))
	}
	return entries
}

// entryText says in words what an event was.
func entryText(kind EventKind, spec Spec, before, state State, p *forecast.Prospect) string {
	switch kind { //nolint:exhaustive // the others have the reason of the phase
	case EventStarted:
		return fmt.Sprintf("work was seen: %d items, until %s", spec.Items, spec.Deadline().Format(secondLayout))
	case EventAtRisk:
		return riskText(spec, outlookOf(p))
	case EventStalled:
		return "no progress: " + state.cause().Words()
	case EventRecovered:
		if before.Health.Now() == forecast.StatusStalled {
			return "the job advances again"
		}
		return "the deadline is not at risk any more"
	case EventScaled:
		c := state.Changes.Last[len(state.Changes.Last)-1]
		return fmt.Sprintf("%d to %d replicas: %s", c.From, c.To, c.Reason)
	default:
		return state.Reason
	}
}

func riskText(spec Spec, o *forecast.Outlook) string {
	if o == nil || !o.Known {
		return "the job is behind"
	}
	text := fmt.Sprintf("the probability of missing the deadline is %.0f %%", 100*o.Miss)
	if late := o.P50.Sub(spec.Deadline()); !o.P50.IsZero() && late > 0 {
		text += fmt.Sprintf(", the finish is expected %.0f s late", late.Seconds())
	}
	return text
}
