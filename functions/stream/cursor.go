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

// cursor says what a client already knows about a job. Its text is the id of every
// message: the time of the newest sample in Unix milliseconds and, once the client
// knows that the job is not running, a point and the phase. A client that sends it
// as Last-Event-ID gets exactly what it does not know.
type cursor struct {
	seen  *monitor.Seen // nil: nothing, so the last sample is enough
	phase job.Phase     // the last one that was sent, or running
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

// resumeFrom returns what the client of a request knows. The header takes
// precedence over the query: an EventSource sets it when it reconnects to the same
// URL.
func resumeFrom(r *http.Request) (cursor, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return cursor{}, failure.InvalidField("query", "want last_event_id=ID or nothing")
	}
	var wrong failure.Fields
	field, text := "last_event_id", values.Get("last_event_id")
	if len(values[field]) > 1 {
		wrong.Add(field, "want it once")
	}
	values.Del("last_event_id")
	if len(values) > 0 {
		wrong.Add("query", "there is no other parameter than last_event_id")
	}
	if header := r.Header.Get("Last-Event-ID"); header != "" {
		field, text = "Last-Event-ID", header
	}
	from := cursor{phase: job.PhaseRunning}
	if text != "" {
		var ok bool
		if from, ok = parseCursor(text); !ok {
			wrong.Add(field, "want the id of a message: Unix milliseconds, optionally followed by a point and a phase")
		}
	}
	return from, wrong.Err()
}
