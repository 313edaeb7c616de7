package stream

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// cursor is what a client knows of a job. Its text is the id of every event:
// the newest sample's time in Unix milliseconds, and where the client was told
// that the job does not run, a point and the phase. A client that sends it as
// Last-Event-ID is told what it does not know, neither more nor less.
type cursor struct {
	seen  *monitor.Seen // nil: nothing, so the last sample will do
	phase job.Phase     // that the client was told of, or running
}

func (c cursor) String() string {
	text := strconv.FormatInt(c.seen.At, 10)
	if c.phase != job.PhaseRunning {
		text += "." + string(c.phase)
	}
	return text
}

// parseCursor reads what String wrote.
func parseCursor(text string) (cursor, bool) {
	at, phase, hasPhase := strings.Cut(text, ".")
	if !hasPhase {
		phase = string(job.PhaseRunning)
	}
	millis, err := strconv.ParseInt(at, 10, 64)
	if err != nil || millis < 0 {
		return cursor{}, false
	}
	switch c := (cursor{&monitor.Seen{At: millis}, job.Phase(phase)}); c.phase {
	case job.PhasePending, job.PhaseRunning, job.PhaseFinished, job.PhaseFailed, job.PhaseStopped:
		return c, true
	default:
		return cursor{}, false
	}
}

// resumeFrom is what the client of a request knows. The header is newer than
// the query: an EventSource sets it when it connects to the same URL again.
func resumeFrom(r *http.Request) (cursor, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return cursor{}, failure.Invalid(failure.FieldError{Field: "query", Problem: "want last_event_id=ID or nothing"})
	}
	var problems []failure.FieldError
	field, text := "last_event_id", values.Get("last_event_id")
	values.Del("last_event_id")
	if len(values) > 0 {
		problems = append(problems, failure.FieldError{Field: "query", Problem: "there is no other parameter than last_event_id"})
	}
	if header := r.Header.Get("Last-Event-ID"); header != "" {
		field, text = "Last-Event-ID", header
	}
	from := cursor{phase: job.PhaseRunning}
	if text != "" {
		var ok bool
		if from, ok = parseCursor(text); !ok {
			problems = append(problems, failure.FieldError{
				Field: field, Problem: "want an event's id, which is Unix milliseconds and maybe a point and a phase",
			})
		}
	}
	return from, failure.Invalid(problems...)
}
