package browser_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/testkit/redistest"
	"kubejobs/tests/world"
)

// The past of a scene: how long it is, and how often its jobs were ticked.
const (
	past = 10 * time.Minute
	step = 10 * time.Second
)

// scene is the functions with jobs that have a past: one in each state that a list shows. Its
// clock stands still, at what a real clock shows when it is made. Unlike the program's own
// server, that of the scene refuses nothing: it serves the unit as Knative does.
type scene struct {
	*world.World
	tb testing.TB
	at time.Duration // since the begin
}

// actor is a job of a scene.
type actor struct {
	id     string
	budget time.Duration
	items  int
	begins time.Duration                   // after the begin of the scene
	course func(second float64) (done int) // what is done so many seconds after its start
	info   string                          // further fields of plugin_info, with a comma before them
}

// actors returns the jobs of a scene, by their state at its end.
func actors() []actor {
	steady := func(perSecond float64) func(float64) int {
		return func(second float64) int { return int(second * perSecond) }
	}
	return []actor{
		{id: "running", budget: 20 * time.Minute, items: 1000, course: steady(1), info: `,"control":{"max_replicas":12}`},
		{id: "at-risk", budget: 15 * time.Minute, items: 1000, course: steady(0.4)},
		{id: "stalled", budget: 30 * time.Minute, items: 1000, course: func(second float64) int { return int(min(second, 200)) }},
		{id: "unobserved", budget: 20 * time.Minute, items: 1000, course: steady(1)},
		{id: "finished", budget: 8 * time.Minute, items: 300, course: steady(1)},
		{id: "late", budget: 4 * time.Minute, items: 300, course: steady(1)},
		{id: "failed", budget: 10 * time.Minute, items: 300, course: steady(0.5)},
		{id: "stopped", budget: 10 * time.Minute, items: 300, course: steady(0.2)},
		{id: "pending", budget: 10 * time.Minute, items: 300, begins: past + step/2, course: steady(0)},
	}
}

// newScene plays the past of a scene.
func newScene(tb testing.TB) *scene {
	tb.Helper()
	begin := time.Now().Add(-past).Truncate(step)
	s := &scene{tb: tb, World: world.Open(tb, map[string]string{"RETRIES": "3", "FAIL_AFTER": "20s"}, world.Options{Begin: begin})}
	away := map[string]*redistest.Server{"unobserved": redistest.Start(tb), "failed": redistest.Start(tb)}
	for s.at = 0; s.at <= past; s.At(s.at) {
		for _, a := range actors() {
			s.play(a, away[a.id])
		}
		switch s.at { //nolint:exhaustive // these are phases of a scene, not units
		case past / 2:
			away["failed"].Stop()
			s.stop("stopped")
		case past - 2*step: // two ticks find no queue
			away["unobserved"].Stop()
		}
		s.at += step
	}
	s.at = past
	s.At(past)
	return s
}

// play starts a job when it begins, and from then on moves its items and ticks it.
func (s *scene) play(a actor, away *redistest.Server) {
	s.tb.Helper()
	queue, port := s.Jobs, s.Queue.Port()
	if away != nil {
		queue, port = away.Client(), away.Port()
	}
	since := (s.at - a.begins).Seconds()
	if since <= 0 && since > -step.Seconds() {
		s.set(queue, a.id, a.items, 0, 0)
		s.begin(a, port)
		return
	}
	if since < 0 {
		return
	}
	done := min(a.course(since), a.items)
	if away == nil || away.PID() != 0 {
		busy := min(4, a.items-done)
		s.set(queue, a.id, a.items-done-busy, busy, done)
	}
	s.Pass(150 * time.Millisecond) // as late as a tick may be
	s.Tick(a.id)
	s.At(s.at)
}

func (s *scene) begin(a actor, port int) {
	s.tb.Helper()
	got := s.Call(http.MethodPost, "/monitoring/"+a.id, fmt.Sprintf(
		`{"plugin":"kubejobs","collect_period":%g,"plugin_info":{"expected_time":%g,"number_of_jobs":%d,"redis_ip":"127.0.0.1","redis_port":%d,`+
			`"queue":{"pending":"%[5]s","processing":"%[5]s:processing","results":"%[5]s:results"}%[6]s}}`,
		step.Seconds(), a.budget.Seconds(), a.items, port, a.id, a.info))
	if got.Status != http.StatusAccepted {
		s.tb.Fatalf("start %s: %d %s, want 202", a.id, got.Status, got.Body)
	}
}

func (s *scene) stop(id string) {
	s.tb.Helper()
	if got := s.Call(http.MethodPut, "/monitoring/"+id+"/stop", ""); got.Status != http.StatusNoContent {
		s.tb.Fatalf("stop %s: %d %s, want 204", id, got.Status, got.Body)
	}
}

// set makes the lists of a job hold these numbers of items.
func (s *scene) set(queue *redis.Client, id string, waiting, inFlight, done int) {
	s.tb.Helper()
	if err := setLists(s.tb.Context(), queue, id, waiting, inFlight, done); err != nil {
		s.tb.Fatalf("fill the lists of %s: %v", id, err)
	}
}

// damage makes the record of a job unreadable.
func (s *scene) damage(id string) {
	s.tb.Helper()
	if err := s.State.Client().HSet(s.tb.Context(), "monitor:{"+id+"}:state", "state", "{").Err(); err != nil {
		s.tb.Fatal(err)
	}
}
