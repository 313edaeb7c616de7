package stream_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"kubejobs/functions/stream"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/failuretest"
)

var messageID = regexp.MustCompile(`(?m)^id: ?(.*)$`)

// A client that resumes from the last message of an ended job gets nothing more,
// wherever it resumed before; another text is refused.
func FuzzResume(f *testing.F) {
	for _, text := range []string{
		"", "0", "1795500382418", "2500.stopped", "2500.running", "2500.", ".stopped", "-1", "-0.failed", "+7", "1e3", "9223372036854775807", "9223372036854775808", "1.x",
	} {
		f.Add(text, "", uint8(0), int64(2500))
		f.Add("", "last_event_id="+text, uint8(3), int64(2500))
	}
	f.Add("", "last_event_id=1&x=2", uint8(1), int64(0))
	f.Add("", "%zz", uint8(2), int64(1<<62))
	f.Fuzz(func(t *testing.T, header, query string, kind uint8, at int64) {
		phase := []job.Phase{job.PhaseFinished, job.PhaseFailed, job.PhaseStopped}[int(kind)%3]
		at &= 1<<47 - 1 // the clocks of jobs
		var seen *monitor.Seen
		read := 0
		handler := stream.New(follower(func(_ context.Context, _ job.ID, s *monitor.Seen) (monitor.News, error) {
			seen, read = s, read+1
			news := monitor.News{Phase: phase, Period: time.Second, Seen: monitor.Seen{At: at}}
			switch {
			case s != nil && s.At >= at:
				news.Seen.At = s.At
			default:
				news.Samples = []monitor.TimedSample{{Timestamp: at}}
			}
			return news, nil
		}), stream.Options{}, quiet())
		get := func(header, query string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
			r.SetPathValue("id", "a")
			r.URL.RawQuery = query
			if header != "" {
				r.Header = http.Header{"Last-Event-Id": {header}}
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			return w
		}
		w := get(header, query)
		switch {
		case read == 0:
			if text := failuretest.Message(t, w); w.Code != http.StatusBadRequest || len(text) > 600 {
				t.Errorf("%q, %q: status %d, %d bytes", header, query, w.Code, len(text))
			}
			return
		case seen != nil && seen.At < 0:
			t.Errorf("%q, %q: resumed from %d", header, query, seen.At)
		case w.Code == http.StatusNoContent:
			return
		}
		ids := messageID.FindAllStringSubmatch(strings.ReplaceAll(w.Body.String(), "\r", ""), -1)
		if w.Code != http.StatusOK || len(ids) == 0 {
			t.Fatalf("%q, %q: status %d: %q", header, query, w.Code, w.Body)
		}
		last := ids[len(ids)-1][1]
		for _, w := range []*httptest.ResponseRecorder{get(last, ""), get("", "last_event_id="+last)} {
			if w.Code != http.StatusNoContent {
				t.Errorf("%q, %q: resumed from the last message %q: status %d: %q", header, query, last, w.Code, w.Body)
			}
		}
	})
}
