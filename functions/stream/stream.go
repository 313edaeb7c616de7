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
	// readTimeout bounds one read of a job.
	readTimeout = 2 * time.Second
	// writeTimeout bounds one write: a client that does not read is disconnected.
	writeTimeout = 5 * time.Second
	// restartRetry is the reconnection time for clients of an instance that ends:
	// by then another one serves them.
	restartRetry = 2 * time.Second
	// storeDown is the comment that the state store does not answer.
	storeDown = "the state store does not answer"
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
	failing bool          // the last read failed
	period  time.Duration // the job's
	written time.Time
}

// serve sends the first news, or a comment if reading them failed with err. Then it
// follows the job until the stream ends.
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
	if s.open(err) && s.sendNews(ctx, news) {
		s.follow(ctx)
	}
	select {
	case <-s.Ending:
		_ = s.write(&sse.Message{Retry: restartRetry}) && s.flush()
	default:
	}
	s.extend() // for what the server still writes
}

// open sends the first messages: the reconnection time and, after err, a comment.
func (s *stream) open(err error) bool {
	if !s.write(&sse.Message{Retry: s.Retry}) {
		return false
	}
	s.failing = err != nil
	return !s.failing || s.sendComment(storeDown)
}

// follow reads the job until ctx ends, the client is gone or the job has ended.
func (s *stream) follow(ctx context.Context) {
	timer := time.NewTimer(s.poll())
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if !s.read(ctx) || !s.beat() {
			return
		}
		timer.Reset(s.poll())
	}
}

// read reads the job and sends its news; false if nothing more will come.
func (s *stream) read(ctx context.Context) bool {
	call, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	news, err := s.service.Follow(call, s.id, s.cursor.seen)
	switch {
	case err == nil:
		s.failing = false
		return s.sendNews(ctx, news)
	case ctx.Err() != nil, failure.KindOf(err) == failure.KindNotFound: // the retention of the job is over
		return false
	case !failure.IsRetryable(err):
		s.log.ErrorContext(ctx, "stream ended", "job", s.id, "error", err)
		return false
	case s.failing:
		return true
	default:
		s.failing = true
		s.log.WarnContext(ctx, "reading a followed job failed", "job", s.id, "error", err)
		return s.sendComment(storeDown)
	}
}

// sendNews sends news. It returns false after the last news of a job.
func (s *stream) sendNews(ctx context.Context, news monitor.News) bool {
	if news.Phase == "" { // nothing was read yet
		return s.flush()
	}
	for _, x := range news.Samples {
		s.cursor.seen = &monitor.Seen{At: x.Timestamp}
		if ctx.Err() != nil || !s.sendMessage("sample", x) {
			return false
		}
	}
	s.cursor.seen, s.period = &news.Seen, news.Period
	if news.Phase != s.cursor.phase {
		s.cursor.phase = news.Phase
		if !s.sendMessage("phase", phase{news.Phase, news.Reason}) {
			return false
		}
	}
	return s.flush() && news.Phase.Living()
}

// phase is the data of the message of that name.
type phase struct {
	Phase  job.Phase `json:"phase"`
	Reason string    `json:"reason"` // why the job ended; "" if it did not
}

// sendMessage sends one message; false if the client is gone.
func (s *stream) sendMessage(name string, data any) bool {
	text, err := json.Marshal(data)
	if err != nil {
		panic(err) // a mistake of the programmer
	}
	m := &sse.Message{ID: sse.ID(s.cursor.String()), Type: sse.Type(name)}
	m.AppendData(string(text))
	return s.write(m)
}

// beat sends a comment if nothing was sent for the length of a heartbeat.
func (s *stream) beat() bool {
	return time.Since(s.written) < s.Heartbeat || s.sendComment("alive")
}

func (s *stream) sendComment(text string) bool {
	m := &sse.Message{}
	m.AppendComment(text)
	return s.write(m) && s.flush()
}

// write adds a message to what flush sends.
func (s *stream) write(m *sse.Message) bool {
	s.written = time.Now()
	s.extend()
	return s.session.Send(m) == nil
}

func (s *stream) flush() bool { return s.session.Flush() == nil }

// extend sets the deadline of the next write.
func (s *stream) extend() {
	_ = s.control.SetWriteDeadline(time.Now().Add(writeTimeout)) // a recorder in a test has no deadline
}

// poll returns the time until the next read.
func (s *stream) poll() time.Duration {
	if s.period == 0 {
		return s.MaxPoll
	}
	return min(max(s.period/4, s.MinPoll), s.MaxPoll)
}
