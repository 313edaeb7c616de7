package stream

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/tmaxmax/go-sse"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

const (
	// lookTimeout bounds one look at a job.
	lookTimeout = 2 * time.Second
	// sendTimeout bounds one write: a client that takes nothing is dropped.
	sendTimeout = 5 * time.Second
	// elsewhere is when the client of an instance that ends connects again: by
	// then there is another one.
	elsewhere = 2 * time.Second
	// away is the comment that the state store does not answer.
	away = "the state store does not answer"
)

// stream is one connection of a client.
type stream struct {
	Options
	service follower
	log     *slog.Logger
	id      job.ID
	cursor  cursor

	control *http.ResponseController
	session *sse.Session
	away    bool          // the last look failed
	period  time.Duration // the job's
	written time.Time
}

// serve sends the first news, or that the store is away, and then what comes
// until the stream has to end.
func (s *stream) serve(w http.ResponseWriter, r *http.Request, news monitor.News, err error) {
	w.Header().Set("X-Accel-Buffering", "no")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream")
		return
	}
	s.control = http.NewResponseController(w)
	session, cause := sse.Upgrade(w, r)
	if cause != nil {
		httpapi.Fail(r.Context(), w, s.log, cause)
		return
	}
	s.session = session
	ctx, cancel := context.WithTimeout(r.Context(), s.Length)
	defer cancel()
	go func() {
		select {
		case <-s.Ending:
			cancel()
		case <-ctx.Done():
		}
	}()
	if s.begin(err) && s.tell(ctx, news) {
		s.follow(ctx)
	}
	select {
	case <-s.Ending:
		_ = s.send(&sse.Message{Retry: elsewhere}) && s.flush()
	default:
	}
	s.extend() // for what the server writes at the end
}

// begin sends what a stream begins with.
func (s *stream) begin(err error) bool {
	if !s.send(&sse.Message{Retry: s.Retry}) {
		return false
	}
	s.away = err != nil
	return !s.away || s.comment(away)
}

// follow looks at the job until ctx ends, the client is gone or the job has
// ended.
func (s *stream) follow(ctx context.Context) {
	timer := time.NewTimer(s.poll())
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if !s.look(ctx) || !s.beat() {
			return
		}
		timer.Reset(s.poll())
	}
}

// look tells the news of the job; false if there is nothing to be told any
// more.
func (s *stream) look(ctx context.Context) bool {
	call, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	news, err := s.service.Follow(call, s.id, s.cursor.seen)
	switch {
	case err == nil:
		s.away = false
		return s.tell(ctx, news)
	case ctx.Err() != nil, failure.KindOf(err) == failure.KindNotFound: // the job's retention is over
		return false
	case !failure.IsRetryable(err):
		s.log.ErrorContext(ctx, "stream ended", "job", s.id, "error", err)
		return false
	case s.away:
		return true
	default:
		s.away = true
		s.log.WarnContext(ctx, "job not followed", "job", s.id, "error", err)
		return s.comment(away)
	}
}

// tell sends news. It is false after the last news of a job.
func (s *stream) tell(ctx context.Context, news monitor.News) bool {
	if news.Phase == "" { // nothing is known yet
		return s.flush()
	}
	for _, x := range news.Samples {
		s.cursor.seen = &monitor.Seen{At: x.Timestamp}
		if ctx.Err() != nil || !s.event("sample", x) {
			return false
		}
	}
	s.cursor.seen, s.period = &news.Seen, news.Period
	if news.Phase != s.cursor.phase {
		s.cursor.phase = news.Phase
		if !s.event("phase", phase{news.Phase, news.Reason}) {
			return false
		}
	}
	return s.flush() && news.Phase.Living()
}

// phase is the data of the event of that name.
type phase struct {
	Phase  job.Phase `json:"phase"`
	Reason string    `json:"reason"` // why the job ended, "" if it did not
}

// event sends one event; false if the client is gone.
func (s *stream) event(name string, data any) bool {
	text, err := json.Marshal(data)
	if err != nil {
		panic(err) // a programmer's mistake
	}
	m := &sse.Message{ID: sse.ID(s.cursor.String()), Type: sse.Type(name)}
	m.AppendData(string(text))
	return s.send(m)
}

// beat sends a comment if nothing was sent for a while.
func (s *stream) beat() bool {
	return time.Since(s.written) < s.Heartbeat || s.comment("alive")
}

func (s *stream) comment(text string) bool {
	m := &sse.Message{}
	m.AppendComment(text)
	return s.send(m) && s.flush()
}

// send writes a message; what is written is on its way after flush.
func (s *stream) send(m *sse.Message) bool {
	s.written = time.Now()
	s.extend()
	return s.session.Send(m) == nil
}

func (s *stream) flush() bool { return s.session.Flush() == nil }

// extend gives the next write its time.
func (s *stream) extend() {
	_ = s.control.SetWriteDeadline(time.Now().Add(sendTimeout)) // a recorder in a test has none
}

// poll is when to look again.
func (s *stream) poll() time.Duration {
	if s.period == 0 {
		return s.MaxPoll
	}
	return min(max(s.period/4, s.MinPoll), s.MaxPoll)
}
