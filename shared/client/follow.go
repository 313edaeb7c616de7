package client

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/tmaxmax/go-sse"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Event is what a followed job sends: a sample, or else its phase.
type Event struct {
	// Cursor says what has been seen up to now. Follow goes on after it, also in another
	// program.
	Cursor string
	Sample *monitor.TimedSample
	Phase  job.Phase
	Reason string // why the job ended
}

// Follow follows one job: it returns the samples that are newer than a cursor and then
// each new one, and each change of its phase, until the job ends. The cursor "" begins with
// the latest sample, "0" with all. Follow resumes by itself without losing a sample of the
// last 64 ticks. It ends after an error: of kind ErrNotFound for an unknown job,
// ErrUnavailable if the server was lost for longer than Options.Patience, or that of ctx.
//
// Each call of Follow holds one of the server's streams, of which there are 40. Watch
// follows many jobs with one.
func (c *Client) Follow(ctx context.Context, id job.ID, cursor string) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err := check(id); err != nil {
			yield(Event{}, err)
			return
		}
		s := stream{client: c}
		s.next = func() (call, string) { return get("monitoring", string(id), "events"), cursor }
		stopped := false
		s.event = func(m sse.Event) bool {
			if m.LastEventID != "" {
				cursor = m.LastEventID
			}
			event := Event{Cursor: cursor}
			if !event.decode(m) {
				return true // of a later server
			}
			stopped = !yield(event, nil)
			return !stopped && (event.Sample != nil || event.Phase.Living())
		}
		if err := s.run(ctx); err != nil && !stopped {
			yield(Event{}, err)
		}
	}
}

// decode reads a message; false if it is none that is known.
func (e *Event) decode(m sse.Event) bool {
	switch m.Type {
	case "sample":
		return json.Unmarshal([]byte(m.Data), &e.Sample) == nil && e.Sample != nil
	case "phase":
		var told struct {
			Phase  job.Phase `json:"phase"`
			Reason string    `json:"reason"`
		}
		err := json.Unmarshal([]byte(m.Data), &told)
		e.Phase, e.Reason = told.Phase, told.Reason
		return err == nil && e.Phase.Valid()
	default:
		return false
	}
}
