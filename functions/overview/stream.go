package overview

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

// readTimeout bounds one reading of everything that a stream follows.
const readTimeout = 5 * time.Second

// stream is one connection of a client. Each message is whole, so that a client that
// reconnects needs to know only up to which sample it has a job's.
type stream struct {
	service  reader
	log      *slog.Logger
	out      *httpapi.EventStream
	poll     time.Duration
	subjects subjects
	failing  bool // the last reading failed
}

// follow reads what is followed until ctx ends or the client is gone.
func (s *stream) follow(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if !s.read(ctx) || !s.out.Flush() || !s.out.Beat() {
			return
		}
		timer.Reset(s.poll)
	}
}

// read reads everything once and sends what has changed; false if the client is gone.
func (s *stream) read(ctx context.Context) bool {
	call, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	present, err := s.readAll(call)
	switch {
	case ctx.Err() != nil || !present:
		return present
	case err == nil && s.failing:
		s.failing = false
		return s.out.Send("", "recovered", struct{}{})
	case err == nil || s.failing:
		return true
	}
	s.failing = true
	s.log.WarnContext(ctx, "reading followed jobs failed", "error", err)
	return s.out.Send("", "trouble", trouble{"the state store does not answer"})
}

// trouble is the data of the message of that name.
type trouble struct {
	Text string `json:"text"`
}

func (s *stream) readAll(ctx context.Context) (present bool, err error) {
	for _, v := range s.subjects.views {
		if present, err = s.readView(ctx, v); !present || err != nil {
			return present, err
		}
	}
	for _, f := range s.subjects.jobs {
		if present, err = s.readJob(ctx, f); !present || err != nil {
			return present, err
		}
	}
	return true, nil
}

// page is the data of the message overview.
type page struct {
	View string `json:"view"` // as the client wrote it
	monitor.Overview
}

func (s *stream) readView(ctx context.Context, v *view) (present bool, err error) {
	overview, err := s.service.Overview(ctx, v.view)
	if err != nil {
		return true, err
	}
	at := overview.At
	overview.At = time.Time{} // it alone is no change
	if !changed(&v.sent, overview) {
		return true, nil
	}
	overview.At = at
	return s.out.Send("", "overview", page{v.text, overview}), nil
}

// newSamples is the data of the message samples.
type newSamples struct {
	ID      job.ID                `json:"id"`
	Samples []monitor.TimedSample `json:"samples"`
}

// unknown is the data of the message gone.
type unknown struct {
	ID job.ID `json:"id"`
}

// readJob sends the status of a job that has changed, and its new samples. Samples come
// first: the status says how many there are.
func (s *stream) readJob(ctx context.Context, f *followed) (present bool, err error) {
	news, err := s.service.Follow(ctx, f.id, f.seen)
	if failure.KindOf(err) == failure.KindNotFound {
		if f.gone {
			return true, nil
		}
		f.gone, f.seen, f.sent = true, nil, ""
		return s.out.Send("", "gone", unknown{f.id}), nil
	}
	if err != nil {
		return true, err
	}
	f.gone, f.seen = false, &news.Seen
	if len(news.Samples) > 0 && !s.out.Send("", "samples", newSamples{f.id, news.Samples}) {
		return false, nil
	}
	status, err := s.service.Status(ctx, f.id)
	if err != nil {
		return true, err
	}
	if !changed(&f.sent, timeless(status)) {
		return true, nil
	}
	return s.out.Send("", "job", status), nil
}

// timeless returns a status without what changes with the clock alone, so that a job
// without ticks sends nothing.
func timeless(s monitor.Status) monitor.Status {
	s.NextTick, s.Urgency = nil, 0
	if s.Forecast != nil {
		f := *s.Forecast
		f.Quiet = 0
		s.Forecast = &f
	}
	return s
}

// changed reports whether data is not what was sent last, and keeps it.
func changed(sent *string, data any) bool {
	text, err := json.Marshal(data)
	if err != nil {
		panic(err) // a mistake of the programmer
	}
	if string(text) == *sent {
		return false
	}
	*sent = string(text)
	return true
}
