package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

// tickOf delivers a tick of a job that was sent now.
func (b *bench) tickOf(id job.ID, tickID string) {
	b.t.Helper()
	if got, err := b.service.Tick(b.t.Context(), monitor.Tick{ID: tickID, Job: id, Sent: b.clock()}); err != nil {
		b.t.Fatalf("tick %s of %s: %q, %v", tickID, id, got, err)
	}
}

// overview returns what a view selects.
func (b *bench) overview(v monitor.View) monitor.Overview {
	b.t.Helper()
	o, err := b.service.Overview(b.t.Context(), v)
	if err != nil {
		b.t.Fatal(err)
	}
	return o
}

func idsOf(o monitor.Overview) []job.ID {
	ids := []job.ID{}
	for _, s := range o.Jobs {
		ids = append(ids, s.ID)
	}
	return ids
}

// fleet is four jobs: well runs as it should, behind is late, done finished in time, and
// stopped was stopped.
func fleet(t *testing.T) *bench {
	t.Helper()
	b := setup(t)
	for _, id := range []job.ID{"well", "behind", "done", "stopped"} {
		r := request(id)
		r.QueueLists = job.Lists{Pending: string(id), Processing: string(id) + ":p", Results: string(id) + ":r"}
		if _, err := b.service.Start(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	b.at(30 * time.Second)
	b.queue.Set(job.QueueCount{Queued: 1, InFlight: 1, Results: 4}, nil)
	b.tickOf("well", "w1")
	b.queue.Set(job.QueueCount{Queued: 5, InFlight: 1}, nil)
	b.tickOf("behind", "b1")
	b.tickOf("done", "d1")
	b.at(34 * time.Second)
	b.queue.Set(job.QueueCount{Results: 6}, nil)
	b.tickOf("done", "d2")
	b.at(36 * time.Second)
	if err := b.service.Stop(t.Context(), "stopped"); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOverview(t *testing.T) {
	t.Parallel()
	b := fleet(t)
	all := map[string]int{"running": 2, "finished": 1, "stopped": 1}
	tests := map[string]struct {
		view   monitor.View
		ids    []job.ID
		total  int
		counts map[string]int
	}{
		"the most urgent first": {monitor.View{}, []job.ID{"behind", "well", "stopped", "done"}, 4, all},
		"a part of the id":      {monitor.View{Text: "we"}, []job.ID{"well"}, 1, map[string]int{"running": 1}},
		"ids":                   {monitor.View{IDs: []job.ID{"done", "well", "x"}}, []job.ID{"well", "done"}, 2, map[string]int{"running": 1, "finished": 1}},
		"living":                {monitor.View{States: []string{monitor.StateLiving}}, []job.ID{"behind", "well"}, 2, all},
		"ended":                 {monitor.View{States: []string{monitor.StateEnded}}, []job.ID{"stopped", "done"}, 2, all},
		"two states":            {monitor.View{States: []string{"finished", "at-risk", "stopped"}}, []job.ID{"stopped", "done"}, 2, all},
		"by id":                 {monitor.View{Order: monitor.OrderID}, []job.ID{"behind", "done", "stopped", "well"}, 4, all},
		"by id, reversed":       {monitor.View{Order: monitor.OrderID, Reverse: true}, []job.ID{"well", "stopped", "done", "behind"}, 4, all},
		"by progress":           {monitor.View{Order: monitor.OrderProgress}, []job.ID{"behind", "stopped", "well", "done"}, 4, all},
		"by end":                {monitor.View{Order: monitor.OrderEnded}, []job.ID{"stopped", "done", "behind", "well"}, 4, all},
		"a page":                {monitor.View{Limit: 2, Offset: 1}, []job.ID{"well", "stopped"}, 4, all},
		"past the end":          {monitor.View{Offset: 10}, []job.ID{}, 4, all},
		"nothing":               {monitor.View{Text: "zzz"}, []job.ID{}, 0, map[string]int{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := b.overview(tt.view)
			if diff := cmp.Diff(tt.ids, idsOf(o)); diff != "" || o.Total != tt.total || o.Truncated {
				t.Errorf("total %d, truncated %t, want %d; ids (-want +got):\n%s", o.Total, o.Truncated, tt.total, diff)
			}
			if diff := cmp.Diff(tt.counts, o.Counts); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}

// The overview, the list and the status of a job say the same.
func TestOverviewAgrees(t *testing.T) {
	t.Parallel()
	b := fleet(t)
	listed, _, err := b.service.List(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range b.overview(monitor.View{}).Jobs {
		status, err := b.service.Status(t.Context(), shown.ID)
		if err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(listed, func(s monitor.Status) bool { return s.ID == shown.ID }); i >= 0 {
			same := status
			same.Events = nil
			if diff := cmp.Diff(same, listed[i]); diff != "" {
				t.Errorf("%s: list (-status +list):\n%s", shown.ID, diff)
			}
		}
		status.Report, status.Publishers, status.Events, status.Ticks, status.NextTick = nil, nil, nil, nil, nil
		if status.Forecast != nil {
			status.Forecast.Quiet = 0
		}
		if diff := cmp.Diff(status, *shown); diff != "" {
			t.Errorf("%s: overview (-status +overview):\n%s", shown.ID, diff)
		}
	}
}

// A reading of all jobs is shared for a second; the jobs that are shown are as they are
// now. A start or a stop shows at once.
func TestOverviewIsFresh(t *testing.T) {
	t.Parallel()
	b := fleet(t)
	b.overview(monitor.View{})
	b.queue.Set(job.QueueCount{Results: 6}, nil)
	b.tickOf("well", "w2")
	for _, s := range b.overview(monitor.View{}).Jobs {
		if s.ID == "well" && s.State != "finished" {
			t.Errorf("well is shown as %s, want finished", s.State)
		}
	}
	b.start("new")
	if got := b.overview(monitor.View{Text: "new"}); got.Total != 1 {
		t.Errorf("a job that was just started is not shown: %+v", got)
	}
	b.redis.FlushAll() // somebody else's work: it shows with the next reading
	if got := b.overview(monitor.View{}); got.Total != 5 || len(got.Jobs) != 3 {
		t.Errorf("total %d with %v, want 5 with the three that have ended", got.Total, idsOf(got))
	}
	b.at(38 * time.Second)
	if got := b.overview(monitor.View{}); got.Total != 0 {
		t.Errorf("jobs that are gone are shown: %v", idsOf(got))
	}
}

// A job that is started again is living, not ended.
func TestOverviewOfANewLife(t *testing.T) {
	t.Parallel()
	b := fleet(t)
	b.at(40 * time.Second)
	b.start("stopped")
	o := b.overview(monitor.View{Text: "stopped"})
	if len(o.Jobs) != 1 || o.Jobs[0].State != "pending" || o.Jobs[0].EndedAt != nil {
		t.Errorf("jobs %v, want stopped once, pending", o.Jobs)
	}
}

// A job whose record is damaged spoils no overview.
func TestOverviewOfADamagedJob(t *testing.T) {
	t.Parallel()
	b := fleet(t)
	b.redis.HSet("monitor:{well}:state", "state", "{")
	o := b.overview(monitor.View{})
	if len(o.Jobs) != 4 || o.Jobs[0].ID != "well" || o.Jobs[0].State != string(monitor.PhaseUnreadable) {
		t.Errorf("jobs %v, want all four, well first and unreadable", idsOf(o))
	}
	again := b.overview(monitor.View{}) // reads the rows, not all jobs
	if diff := cmp.Diff(idsOf(o), idsOf(again)); diff != "" {
		t.Errorf("second overview (-first +second):\n%s", diff)
	}
}

func TestOverviewWithoutTheStore(t *testing.T) {
	t.Parallel()
	b := fleet(t)
	b.redis.Close()
	if _, err := b.service.Overview(t.Context(), monitor.View{}); failure.KindOf(err) != failure.KindUnavailable {
		t.Errorf("error %v, want one of kind unavailable", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.service.Overview(ended, monitor.View{}); err == nil || errors.Is(err, monitor.ErrUnknownJob) {
		t.Errorf("error %v after the end of the request", err)
	}
}

func TestManyJobsAreTruncated(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 5200 {
		spec := monitortest.Spec(job.ID(fmt.Sprintf("j%d", i)), "f")
		if _, err := b.store.Create(t.Context(), spec, job.New(spec, false, nil)); err != nil {
			t.Fatal(err)
		}
	}
	if o := b.overview(monitor.View{}); !o.Truncated || o.Total != 5000 || len(o.Jobs) != 100 {
		t.Errorf("truncated %t, total %d, %d jobs, want true, 5000, 100", o.Truncated, o.Total, len(o.Jobs))
	}
}

func TestParseView(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		query string
		want  monitor.View
		wrong []string // parts of the error
	}{
		"nothing":           {"", monitor.View{Limit: 25}, nil},
		"an empty form":     {"q=&state=&sort=&limit=&offset=", monitor.View{Limit: 25, States: []string{}}, nil},
		"all":               {"q=+Ab&state=living&state=failed&sort=-deadline&limit=100&offset=7&id=a&id=b", monitor.View{Text: "ab", IDs: []job.ID{"a", "b"}, States: []string{"living", "failed"}, Order: "deadline", Reverse: true, Limit: 100, Offset: 7}, nil},
		"all wrong":         {"x=1&q=" + strings.Repeat("a", 64) + "&state=odd&sort=-&limit=0&offset=-1&id=A", monitor.View{}, []string{"x", "q:", "state", "sort", "limit", "offset", "id"}},
		"twice":             {"q=a&q=b&limit=1&limit=2", monitor.View{}, []string{"q: want it once", "limit: want it once"}},
		"an unknown order":  {"sort=size", monitor.View{}, []string{"sort: want one of"}},
		"too many ids":      {strings.Repeat("id=a&", 101), monitor.View{}, []string{"id: want at most 100"}},
		"a limit too large": {"limit=101", monitor.View{}, []string{"limit: want a whole number from 1 to 100"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values, err := url.ParseQuery(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			got, err := monitor.ParseView(values)
			if tt.wrong == nil {
				if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
					t.Errorf("view (-want +got), %v:\n%s", err, diff)
				}
				return
			}
			for _, part := range tt.wrong {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("error %v, want it to say %q", err, part)
				}
			}
		})
	}
}

// slow is a store in which reading the jobs takes as long as a test says.
type slow struct {
	monitor.Store
	read func()
}

func (s slow) List(ctx context.Context, after job.ID, limit int) (monitor.Page, error) {
	s.read()
	return s.Store.List(ctx, after, limit)
}

// Reading all jobs takes at most a 25th of the time, whatever is started meanwhile; one that
// is fast is repeated after a second, and at once after a start.
func TestReadingAllJobsIsBounded(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		takes time.Duration
		again time.Duration // after the first reading
		start bool
		want  int // readings
	}{
		"fast, soon":           {time.Millisecond, 900 * time.Millisecond, false, 1},
		"fast, later":          {time.Millisecond, 1100 * time.Millisecond, false, 2},
		"fast, after a start":  {time.Millisecond, 100 * time.Millisecond, true, 2},
		"slow, soon":           {200 * time.Millisecond, 4 * time.Second, false, 1},
		"slow, after a start":  {200 * time.Millisecond, 4 * time.Second, true, 1},
		"slow, after 25 times": {200 * time.Millisecond, 6 * time.Second, false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			readings, now := 0, time.Duration(0)
			b.store.Store = slow{b.store.Store, func() {
				readings++
				now += tt.takes
				b.at(now)
			}}
			b.overview(monitor.View{})
			now += tt.again
			b.at(now)
			if tt.start {
				b.start("a")
			}
			if b.overview(monitor.View{}); readings != tt.want {
				t.Errorf("the jobs were read %d times, want %d", readings, tt.want)
			}
		})
	}
}
