package faults_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/redistest"
)

// Two instances whose clocks differ take the ticks of the same jobs in turn, some of them
// twice at the same time. Timestamps rise, and nothing is lost, doubled or ended.
func TestClocks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ before, after time.Duration }{ // how far the second clock is ahead
		"two seconds of skew":         {2 * time.Second, 2 * time.Second},
		"two seconds behind":          {-2 * time.Second, -2 * time.Second},
		"back by 10 s":                {0, -10 * time.Second},
		"ahead by 10 s, then in time": {10 * time.Second, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state, queue := redistest.StartState(t), redistest.Start(t)
			var ahead atomic.Int64
			ahead.Store(int64(tt.before))
			settings := map[string]string{"STATE_REDIS_URL": state.URL()}
			instances := []*system{
				open(t, settings, nil),
				open(t, settings, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }),
			}
			fill(t, queue.Client())
			ticks := &ticker{system: instances[0], jobs: ids(some), count: map[string]*count{}}
			for _, id := range ids(some) {
				ticks.count[id] = newCount()
				instances[0].start(id, queue.Address())
			}
			for round := range 40 {
				if round == 20 {
					ahead.Store(int64(tt.after))
				}
				for _, id := range ids(some) {
					both(t, ticks, instances, round, id)
				}
			}
			ticks.check(queue.Client(), 0)
			for _, id := range ids(some) {
				if got := instances[0].status(id); got.Samples != 40 || got.Phase != job.PhaseRunning {
					t.Errorf("%s: %d samples, %s, want 40, running", id, got.Samples, got.Phase)
				}
			}
		})
	}
}

// both sends a tick to one of two instances, and every third tick to both.
func both(t *testing.T, ticks *ticker, instances []*system, round int, id string) {
	t.Helper()
	tick, c := uuid.NewString(), ticks.count[id]
	answers := make(chan monitor.Outcome, 2)
	deliver := func(s *system) {
		outcome, _ := s.send(t.Context(), id, tick)
		answers <- outcome
	}
	sent := []*system{instances[round%2]}
	if round%3 == 0 {
		sent = instances
	}
	for _, instance := range sent {
		go deliver(instance)
	}
	for range sent {
		outcome := <-answers
		c.outcomes[outcome] = append(c.outcomes[outcome], tick)
	}
}
