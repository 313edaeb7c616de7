package localtick_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/localtick"
)

func newScheduler(ctx context.Context, t *testing.T, o localtick.Options) *localtick.Scheduler {
	t.Helper()
	s, err := localtick.New(ctx, o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

// stop stops the scheduler and waits until the ticks under way are sent.
func stop(t *testing.T, s *localtick.Scheduler) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

func schedule(t *testing.T, s *localtick.Scheduler, id string, period time.Duration) {
	t.Helper()
	if err := s.Schedule(t.Context(), job.Spec{ID: job.ID(id), Period: period}); err != nil {
		t.Fatal(err)
	}
}

// captured returns a tick that Knative's own adapter sent, and its body.
func captured(t *testing.T) (*http.Request, string) {
	t.Helper()
	file, err := os.Open("../../../tests/testdata/knative/tick.http")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	request, err := http.ReadRequest(bufio.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		t.Fatal(err)
	}
	return request, string(body)
}

// A local tick is like one that Knative's adapter sends: only its id, its time
// and the name of the PingSource differ.
func TestTickIsLikeTheAdapters(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 6, 12, 4, 431813897, time.UTC)
	s := newSink(t, nil)
	scheduler := newScheduler(t.Context(), t, localtick.Options{Sink: s.URL, Now: func() time.Time { return at }})
	schedule(t, scheduler, "kj-abc1234", time.Second)
	scheduler.Start()
	s.await(t, "kj-abc1234", 2)

	want, wantBody := captured(t)
	ticks := s.of("kj-abc1234")
	want.Header.Set("Ce-Id", ticks[0].id)
	want.Header.Set("Ce-Source", strings.Replace(want.Header.Get("Ce-Source"), "probe-", "", 1))
	got := ticks[0].request
	if diff := cmp.Diff(want.Header, got.Header); diff != "" {
		t.Errorf("header (-captured +sent):\n%s", diff)
	}
	line := func(r *http.Request) []any {
		return []any{r.Method, r.RequestURI, r.Proto, r.ContentLength, r.TransferEncoding}
	}
	if diff := cmp.Diff(line(want), line(got)); diff != "" {
		t.Errorf("request line and length (-captured +sent):\n%s", diff)
	}
	if ticks[0].body != wantBody {
		t.Errorf("body = %q, captured %q", ticks[0].body, wantBody)
	}
	if err := uuid.Validate(ticks[0].id); err != nil || ticks[0].id == ticks[1].id {
		t.Errorf("ids %s, %s: want two different UUIDs", ticks[0].id, ticks[1].id)
	}
	if first, second := got.RemoteAddr, ticks[1].request.RemoteAddr; first == second {
		t.Errorf("two ticks came on the same connection, from %s", first)
	}
}

// A job that alone has its period is ticked in its next life as well.
func TestNextLifeIsTicked(t *testing.T) {
	t.Parallel()
	s := newSink(t, nil)
	scheduler := newScheduler(t.Context(), t, localtick.Options{Sink: s.URL})
	scheduler.Start()
	for life := range 2 {
		spec := job.Spec{ID: "a", Period: time.Second, Submitted: time.Unix(int64(life+1), 0)}
		if err := scheduler.Schedule(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
	}
	s.await(t, "a", 2)
}

// Options.Wrap sees each tick.
func TestTransportIsWrapped(t *testing.T) {
	t.Parallel()
	s := newSink(t, nil)
	scheduler := newScheduler(t.Context(), t, localtick.Options{
		Sink: s.URL, Wrap: func(base http.RoundTripper) http.RoundTripper { return marked{base} },
	})
	schedule(t, scheduler, "a", time.Second)
	scheduler.Start()
	s.await(t, "a", 1)
	if got := s.of("a")[0].request.Header.Get("Traceparent"); got != "marked" {
		t.Errorf("traceparent %q, want the one that the wrapper set", got)
	}
}

type marked struct{ base http.RoundTripper }

func (m marked) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Traceparent", "marked")
	return m.base.RoundTrip(r)
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ status, want int }{
		"ok":           {200, 1},
		"accepted":     {202, 1},
		"bad-request":  {400, 1},
		"server-error": {500, 1},
		"unavailable":  {503, 6},
	}
	statuses := map[string]int{}
	for id, tt := range tests {
		statuses[id] = tt.status
	}
	s := newSink(t, statuses)
	scheduler := newScheduler(t.Context(), t, localtick.Options{Sink: s.URL})
	for id := range tests {
		schedule(t, scheduler, id, time.Second)
	}
	scheduler.Start()
	for id := range tests {
		s.await(t, id, 1)
	}
	stop(t, scheduler) // waits for every retry
	for id, tt := range tests {
		for tick, times := range s.sent(id) {
			if len(times) != tt.want {
				t.Errorf("%s: %d attempts of tick %s, want %d", id, len(times), tick, tt.want)
			}
			if slices.Sort(times); times[0] != times[len(times)-1] {
				t.Errorf("%s: tick %s was sent with the times %q, want the same in each attempt", id, tick, times)
			}
		}
	}
}

func TestScheduleAndUnschedule(t *testing.T) {
	t.Parallel()
	s := newSink(t, nil)
	scheduler := newScheduler(t.Context(), t, localtick.Options{Sink: s.URL})
	const day = 24 * time.Hour
	for id, periods := range map[string][]time.Duration{
		"control": {time.Second},
		"twice":   {time.Second, time.Second},
		"quicker": {day, time.Second},
		"slower":  {time.Second, day},
		"never":   {time.Second},
		"again":   {time.Second},
	} {
		for _, period := range periods {
			schedule(t, scheduler, id, period)
		}
	}
	for _, id := range []job.ID{"never", "never", "unknown", "again"} {
		if err := scheduler.Unschedule(t.Context(), id, job.Spec{}.Life()); err != nil {
			t.Errorf("unschedule %s: %v", id, err)
		}
	}
	schedule(t, scheduler, "again", time.Second)
	for id, want := range map[job.ID]bool{"control": true, "slower": true, "again": true, "never": false, "unknown": false} {
		if got := scheduler.Has(id); got != want {
			t.Errorf("Has(%s) = %t, want %t", id, got, want)
		}
	}
	scheduler.Start()
	s.await(t, "control", 2)
	stop(t, scheduler)

	ticks := len(s.of("control"))
	for id, want := range map[string]int{"twice": ticks, "quicker": ticks, "again": ticks, "slower": 0, "never": 0} {
		if got := len(s.of(id)); got != want {
			t.Errorf("%s was ticked %d times while control was ticked %d times, want %d", id, got, ticks, want)
		}
	}
}

// A schedule belongs to a life: another life's call neither removes nor replaces
// that of a later one.
func TestSchedulesOfLives(t *testing.T) {
	t.Parallel()
	scheduler := newScheduler(t.Context(), t, localtick.Options{Sink: newSink(t, nil).URL})
	spec := func(life int64) job.Spec {
		return job.Spec{ID: "a", Period: time.Second, Accepted: time.UnixMilli(life)}
	}
	steps := []struct {
		name string
		call func() error
		life int64 // of the schedule afterwards; 0: none
	}{
		{"life 5 starts", func() error { return scheduler.Schedule(t.Context(), spec(5)) }, 5},
		{"a late schedule of life 4", func() error { return scheduler.Schedule(t.Context(), spec(4)) }, 5},
		{"a late end of life 4", func() error { return scheduler.Unschedule(t.Context(), "a", 4) }, 5},
		{"life 6 takes over", func() error { return scheduler.Schedule(t.Context(), spec(6)) }, 6},
		{"a late end of life 5", func() error { return scheduler.Unschedule(t.Context(), "a", 5) }, 6},
		{"life 6 ends", func() error { return scheduler.Unschedule(t.Context(), "a", 6) }, 0},
	}
	for _, step := range steps {
		if err := step.call(); err != nil {
			t.Fatal(err)
		}
		page, _, err := scheduler.List(t.Context(), "", 10)
		var life int64
		if len(page) == 1 {
			life = page[0].Life
		}
		if err != nil || life != step.life {
			t.Errorf("%s: schedules %v, %v, want that of life %d", step.name, page, err, step.life)
		}
	}
}

func TestScheduleWhileTicking(t *testing.T) {
	t.Parallel()
	s := newSink(t, nil)
	scheduler := newScheduler(t.Context(), t, localtick.Options{Sink: s.URL, Jitter: 10 * time.Millisecond})
	scheduler.Start()
	schedule(t, scheduler, "job", time.Second)
	s.await(t, "job", 2)
}

func TestTicksEndWithTheContext(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ jitter time.Duration }{
		"no-jitter":    {0},
		"short-jitter": {time.Millisecond},
		"long-jitter":  {24 * time.Hour},
	}
	s := newSink(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for id, tt := range tests {
		ended := newScheduler(ctx, t, localtick.Options{Sink: s.URL, Jitter: tt.jitter})
		schedule(t, ended, id, time.Second)
		ended.Start()
		defer func() {
			if stop(t, ended); len(s.of(id)) != 0 {
				t.Errorf("%s: %d ticks came after the context ended", id, len(s.of(id)))
			}
		}()
	}
	control := newScheduler(t.Context(), t, localtick.Options{Sink: s.URL})
	schedule(t, control, "control", time.Second)
	control.Start()
	s.await(t, "control", 2)
}

// When the context ends, pending retries are cancelled, so that the program can
// end.
func TestRetriesEndWithTheContext(t *testing.T) {
	t.Parallel()
	s := newSink(t, map[string]int{"job": http.StatusServiceUnavailable})
	ctx, cancel := context.WithCancel(t.Context())
	scheduler := newScheduler(ctx, t, localtick.Options{Sink: s.URL})
	schedule(t, scheduler, "job", time.Second)
	scheduler.Start()
	s.await(t, "job", 1)
	cancel()
	stop(t, scheduler)
	if got := len(s.of("job")); got >= 6 {
		t.Errorf("%d attempts, want fewer than 6: the retries should end", got)
	}
}

func TestStopIsBounded(t *testing.T) {
	t.Parallel()
	s := newSink(t, map[string]int{"job": http.StatusServiceUnavailable})
	scheduler := newScheduler(t.Context(), t, localtick.Options{Sink: s.URL})
	schedule(t, scheduler, "job", time.Second)
	scheduler.Start()
	s.await(t, "job", 1) // its retries take three seconds
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := scheduler.Stop(ctx); err == nil {
		t.Error("Stop returned no error while a tick was under way")
	}
}

func TestNewRefusesAnInvalidSink(t *testing.T) {
	t.Parallel()
	if _, err := localtick.New(t.Context(), localtick.Options{Sink: "http://a b"}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("New accepted a sink that is not a URL")
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	s := newScheduler(t.Context(), t, localtick.Options{Sink: "http://127.0.0.1:1/"})
	for _, id := range []job.ID{"c", "a", "a-0", "b"} {
		if err := s.Schedule(t.Context(), job.Spec{ID: id, Period: time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	var got []job.ID
	after := ""
	for range 5 {
		page, next, err := s.List(t.Context(), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, scheduled := range page {
			if scheduled.Cron != "0 0 */1 * * *" {
				t.Errorf("cron of %s is %q", scheduled.ID, scheduled.Cron)
			}
			got = append(got, scheduled.ID)
		}
		if after = next; next == "" {
			break
		}
	}
	if diff := cmp.Diff([]job.ID{"a-0", "a", "b", "c"}, got); diff != "" {
		t.Errorf("pages of two (-want +got):\n%s", diff)
	}
}

// Calls of one function do not overlap, and get the given context.
func TestEvery(t *testing.T) {
	t.Parallel()
	s := newScheduler(t.Context(), t, localtick.Options{Sink: "http://127.0.0.1:9"})
	type key struct{}
	began, end := make(chan any, 100), make(chan struct{})
	ctx := context.WithValue(t.Context(), key{}, "given")
	if err := s.Every(ctx, "* * * * * *", func(ctx context.Context) {
		began <- ctx.Value(key{})
		<-end
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Every(ctx, "@never", func(context.Context) {}); err == nil {
		t.Error("Every accepted an invalid expression")
	}
	s.Start()
	if got := <-began; got != "given" {
		t.Errorf("called with %v in its context, want the value of the given one", got)
	}
	select {
	case <-began:
		t.Error("called again while the first call was still running")
	case <-time.After(2100 * time.Millisecond): // two more calls were due
	}
	close(end)
	<-began
}
