package stream_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kubejobs/functions/stream"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/failuretest"
)

// running is a job of which nothing is new, ever.
func running() follower {
	return script(news(job.PhaseRunning, "", 1000), news(job.PhaseRunning, ""))
}

// begin serves a stream in the background, and gives it once it ended.
func begin(t *testing.T, handler http.Handler) <-chan *httptest.ResponseRecorder {
	t.Helper()
	ended := make(chan *httptest.ResponseRecorder, 1)
	r := request(t, http.MethodGet, "", "")
	go func() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		ended <- w
	}()
	return ended
}

// await waits for a stream's end.
func await(t *testing.T, ended <-chan *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	t.Helper()
	select {
	case w := <-ended:
		return w
	case <-time.After(30 * time.Second):
		t.Fatal("the stream does not end")
		return nil
	}
}

func TestAStreamEndsByItself(t *testing.T) {
	t.Parallel()
	o := quick()
	o.Length = 20 * time.Millisecond
	w := await(t, begin(t, stream.New(running(), o, quiet())))
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), retry) {
		t.Errorf("answer %d %q, want 200 and a stream", w.Code, w.Body)
	}
}

// A stream ends with its server, even while the store hangs, and sends its
// client to another instance.
func TestAStreamEndsWithItsServer(t *testing.T) {
	t.Parallel()
	for name, hang := range map[string]bool{"the store answers": false, "the store hangs": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			looked := make(chan struct{}, 1)
			service := running()
			follow := func(ctx context.Context, id job.ID, seen *monitor.Seen) (monitor.News, error) {
				if seen == nil {
					return service(ctx, id, seen)
				}
				select {
				case looked <- struct{}{}:
				default:
				}
				if hang {
					<-ctx.Done()
					return monitor.News{}, failure.Unavailable("cut", ctx.Err())
				}
				return service(ctx, id, seen)
			}
			o, ending := quick(), make(chan struct{})
			o.Ending = ending
			ended := begin(t, stream.New(follower(follow), o, quiet()))
			<-looked
			close(ending)
			want := retry + sampleEvent("1000", "1000", "1970-01-01T00:00:01Z") + "retry: 2000\n\n"
			if w := await(t, ended); w.Body.String() != want {
				t.Errorf("stream %q, want %q", w.Body, want)
			}
		})
	}
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	o, ending := quick(), make(chan struct{})
	o.Ending, o.Streams = ending, 2
	came := make(chan struct{}, 3)
	service := running()
	handler := stream.New(follower(func(ctx context.Context, id job.ID, seen *monitor.Seen) (monitor.News, error) {
		if seen == nil {
			came <- struct{}{}
		}
		return service(ctx, id, seen)
	}), o, quiet())
	first, second := begin(t, handler), begin(t, handler)
	<-came
	<-came
	w := get(t, handler, "", "")
	if got := failuretest.Message(t, w); w.Code != 503 || got != "too many streams at once" || w.Header().Get("Retry-After") != "1" {
		t.Errorf("a third stream: %d %q, Retry-After %q, want 503 and 1", w.Code, got, w.Header().Get("Retry-After"))
	}
	close(ending)
	await(t, first)
	await(t, second)
	if w := get(t, handler, "", ""); w.Code != http.StatusOK {
		t.Errorf("a stream after those: %d, want 200", w.Code)
	}
}

// A stream's end is its client's: nobody looks at the job any more.
func TestAClientGoes(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	looked := make(chan struct{}, 1)
	service := running()
	handler := stream.New(follower(func(ctx context.Context, id job.ID, seen *monitor.Seen) (monitor.News, error) {
		select {
		case looked <- struct{}{}:
		default:
		}
		return service(ctx, id, seen)
	}), quick(), quiet())
	ended := make(chan *httptest.ResponseRecorder, 1)
	r := request(t, http.MethodGet, "", "").WithContext(ctx)
	go func() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		ended <- w
	}()
	<-looked
	leave()
	await(t, ended)
}
