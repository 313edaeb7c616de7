package stream

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
)

const (
	// readTimeout bounds one read of a job.
	readTimeout = 2 * time.Second
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

	out     *httpapi.EventStream
	failing bool          // the last read failed
	period  time.Duration // the job's
}

// serve sends the first news, or a comment if reading them failed with err. Then it
// follows the job until the stream ends.
func (s *stream) serve(w http.ResponseWriter, r *http.Request, news monitor.News, err error) {
	httpapi.ServeStream(w, r, s.limits(), func(ctx context.Context, out *httpapi.EventStream) {
		s.out = out
		if s.open(err) && s.sendNews(ctx, news) {
			s.follow(ctx)
		}
	})
}

// open sends a comment after err.
func (s *stream) open(err error) bool {
	s.failing = err != nil
	return !s.failing || s.out.Comment(storeDown)
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
		if !s.read(ctx) || !s.out.Beat() {
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
		return s.out.Comment(storeDown)
	}
}

// sendNews sends news. It returns false after the last news of a job.
func (s *stream) sendNews(ctx context.Context, news monitor.News) bool {
	if news.Phase == "" { // nothing was read yet
		return s.out.Flush()
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
	return s.out.Flush() && news.Phase.Living()
}

// phase is the data of the message of that name.
type phase struct {
	Phase  job.Phase `json:"phase"`
	Reason string    `json:"reason"` // why the job ended; "" if it did not
}

// sendMessage sends one message; false if the client is gone.
func (s *stream) sendMessage(name string, data any) bool {
	return s.out.Send(s.cursor.String(), name, data)
}

// poll returns the time until the next read.
func (s *stream) poll() time.Duration {
	if s.period == 0 {
		return s.MaxPoll
	}
	return min(max(s.period/4, s.MinPoll), s.MaxPoll)
}
