package faults_test

import (
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/redistest"
)

// maxCommands is more than the commands of a tick and of its connections.
const maxCommands = 64

// steps are the ticks of one job, one after the other, with a proxy before the one Redis
// that is both the state Redis and the job's own.
type steps struct {
	*ticker
	parts
}

func (s *system) steps(p parts) steps {
	s.t.Helper()
	fill(s.t, p.client)
	s.start("kj-000", p.proxy.Address())
	return steps{&ticker{system: s, jobs: ids(1), count: map[string]*count{"kj-000": newCount()}}, p}
}

// tick sends one tick and expects that it is taken within six attempts.
func (s steps) tick() {
	s.ticker.t.Helper()
	s.one("kj-000", uuid.NewString())
	if c := s.count["kj-000"]; len(c.lost) > 0 {
		s.ticker.t.Fatalf("a tick is lost: %v", c.statuses)
	}
}

// check checks the samples of all ticks, and that all were sampled.
func (s steps) check() {
	s.ticker.t.Helper()
	s.ticker.check(s.client, 0)
	c := s.count["kj-000"]
	elements := s.client.LLen(s.ticker.t.Context(), job.SampleListKey("kj-000")).Val()
	if taken := len(c.outcomes[monitor.OutcomeSampled]) + len(c.outcomes[monitor.OutcomeDuplicate]) + len(c.outcomes[monitor.OutcomeFailed]); taken != c.sent {
		s.ticker.t.Errorf("%d of %d ticks were taken", taken, c.sent)
	}
	s.ticker.t.Logf("figures: %d ticks, %d samples, %d ticks that saw no queue", c.sent, elements, len(c.outcomes[monitor.OutcomeFailed]))
}

// A connection is cut at each command of a tick: before the command, after it, and in
// the middle of the reply.
func TestCutAtEachCommand(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]redistest.Fault{
		"before the command": redistest.Drop, "after it": redistest.Lose, "in the reply": redistest.Halve,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := partsOf(t)
			s := open(t, map[string]string{"STATE_REDIS_URL": p.proxy.URL()}, nil).steps(p)
			for n := int64(1); n <= maxCommands; n++ {
				var seen atomic.Int64
				nth := redistest.Nth(n, f)
				p.proxy.On(func(command string) redistest.Fault {
					seen.Add(1)
					return nth(command)
				})
				s.tick()
				if p.proxy.On(nil); seen.Load() < n {
					break // the tick has no n-th command
				}
			}
			s.tick()
			s.check()
		})
	}
}

// The program is killed at each command of a tick, before the server gets it and after
// the server carried it out. The next process takes the sender's next attempt.
func TestKilledAtEachCommand(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]redistest.Fault{
		"before the command": redistest.Hang, "after it": redistest.Withhold,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := partsOf(t)
			program := serve(t, map[string]string{"STATE_REDIS_URL": p.proxy.URL()})
			s := program.steps(p)
			for n := int64(1); n <= maxCommands; n++ {
				var seen atomic.Int64
				reached, taken := make(chan struct{}), make(chan struct{})
				p.proxy.On(func(string) redistest.Fault {
					if seen.Add(1) != n {
						return redistest.Pass
					}
					close(reached)
					return f
				})
				go func() {
					s.one("kj-000", uuid.NewString())
					close(taken)
				}()
				select {
				case <-reached:
					p.proxy.On(nil)
					program.process.Restart()
					<-taken
					continue
				case <-taken: // the tick has no n-th command
				}
				break
			}
			p.proxy.On(nil)
			s.tick()
			s.check()
		})
	}
}
