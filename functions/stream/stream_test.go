package stream_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/stream"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

func TestStream(t *testing.T) {
	t.Parallel()
	const comment = ": the state store does not answer\n\n"
	first := sampleMessage("1000", "1000", "1970-01-01T00:00:01Z")
	second := sampleMessage("2500", "2500", "1970-01-01T00:00:02.5Z")
	finished := phaseMessage("2500.finished", "finished", "the queue is empty")
	ended := news(job.PhaseFinished, "the queue is empty", 2500)
	tests := map[string]struct {
		lastEventID string
		answers     []answer
		want        string
	}{
		"a running job to its end": {
			"",
			[]answer{news(job.PhaseRunning, "", 1000), news(job.PhaseRunning, ""), ended},
			first + second + finished,
		},
		"from before the first sample": {
			"",
			[]answer{news(job.PhasePending, ""), news(job.PhaseRunning, "", 1000), ended},
			phaseMessage("0.pending", "pending", "") + sampleMessage("1000.pending", "1000", "1970-01-01T00:00:01Z") +
				phaseMessage("1000", "running", "") + second + finished,
		},
		"an ended job":                  {"", []answer{ended}, second + finished},
		"an ended job without a sample": {"", []answer{news(job.PhaseStopped, "by a caller")}, phaseMessage("0.stopped", "stopped", "by a caller")},
		"two samples while disconnected": {
			"500",
			[]answer{news(job.PhaseFailed, "gone", 1000, 2500)},
			first + second + phaseMessage("2500.failed", "failed", "gone"),
		},
		"the end while disconnected": {
			"2500", []answer{stopped()}, phaseMessage("2500.stopped", "stopped", "by a caller"),
		},
		"the start while disconnected": {
			"1000.pending",
			[]answer{news(job.PhaseRunning, "", 2500), stopped()},
			sampleMessage("2500.pending", "2500", "1970-01-01T00:00:02.5Z") + phaseMessage("2500", "running", "") +
				phaseMessage("2500.stopped", "stopped", "by a caller"),
		},
		"another life while disconnected": {
			"1000.finished",
			[]answer{news(job.PhasePending, "", 2500), stopped()},
			sampleMessage("2500.finished", "2500", "1970-01-01T00:00:02.5Z") + phaseMessage("2500.pending", "pending", "") +
				phaseMessage("2500.stopped", "stopped", "by a caller"),
		},
		"the store is down for a while": {
			"", []answer{news(job.PhaseRunning, "", 1000), down, down, ended}, first + comment + second + finished,
		},
		"the store is down twice": {
			"",
			[]answer{news(job.PhaseRunning, "", 1000), down, news(job.PhaseRunning, ""), down, ended},
			first + comment + comment + second + finished,
		},
		"the store is down on a reconnect": {"1000", []answer{down, down, ended}, comment + second + finished},
		"the retention is over": {
			"", []answer{news(job.PhaseRunning, "", 1000), {err: monitor.ErrUnknownJob}}, first,
		},
		"a bug": {
			"", []answer{news(job.PhaseRunning, "", 1000), {err: errors.New("decode")}}, first,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := get(t, stream.New(script(tt.answers...), quick(), quiet()), "", tt.lastEventID)
			if diff := cmp.Diff(retry+tt.want, w.Body.String()); diff != "" || w.Code != http.StatusOK {
				t.Errorf("status %d, want 200; stream (-want +got):\n%s", w.Code, diff)
			}
			for name, want := range map[string]string{
				"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
			} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestHeartbeat(t *testing.T) {
	t.Parallel()
	o := quick()
	o.Heartbeat = time.Nanosecond
	w := get(t, stream.New(script(
		news(job.PhaseRunning, "", 1000), news(job.PhaseRunning, ""), news(job.PhaseRunning, ""),
		news(job.PhaseStopped, ""),
	), o, quiet()), "", "")
	if got := strings.Count(w.Body.String(), ": alive\n\n"); got != 2 {
		t.Errorf("%d heartbeats, want one for each read without news:\n%s", got, w.Body)
	}
}

func TestAStreamEndsByItself(t *testing.T) {
	t.Parallel()
	o := quick()
	o.Length = 20 * time.Millisecond
	w := await(t, begin(t.Context(), t, stream.New(running(), o, quiet())))
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), retry) {
		t.Errorf("answer %d %q, want 200 and a stream", w.Code, w.Body)
	}
}

// A stream ends with its server, even while the store hangs, and tells its client to
// reconnect when another instance serves.
func TestAStreamEndsWithItsServer(t *testing.T) {
	t.Parallel()
	for name, hang := range map[string]bool{"the store answers": false, "the store hangs": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := make(chan struct{}, 1)
			service := running()
			follow := func(ctx context.Context, id job.ID, seen *monitor.Seen) (monitor.News, error) {
				if seen == nil {
					return service(ctx, id, seen)
				}
				select {
				case read <- struct{}{}:
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
			ended := begin(t.Context(), t, stream.New(follower(follow), o, quiet()))
			<-read
			close(ending)
			want := retry + sampleMessage("1000", "1000", "1970-01-01T00:00:01Z") + "retry: 2000\n\n"
			if w := await(t, ended); w.Body.String() != want {
				t.Errorf("stream %q, want %q", w.Body, want)
			}
		})
	}
}

// When the client is gone, its stream ends and the job is read no more.
func TestAStreamEndsWithItsClient(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	read := make(chan struct{}, 1)
	service := running()
	ended := begin(ctx, t, stream.New(follower(func(ctx context.Context, id job.ID, seen *monitor.Seen) (monitor.News, error) {
		select {
		case read <- struct{}{}:
		default:
		}
		return service(ctx, id, seen)
	}), quick(), quiet()))
	<-read
	leave()
	await(t, ended)
}
