package faults_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/testkit/redistest"
)

// A job's own Redis fails, and comes back. While it cannot be read, a tick is
// acknowledged and counts a failure.
func TestJobRedis(t *testing.T) {
	t.Parallel()
	tests := map[string]outage{
		"killed": {
			5 * time.Second, func(p parts) { p.server.Stop() },
			func(p parts) { p.server.Restart() },
		},
		"connections cut": {
			3 * time.Second, func(p parts) { p.each(redistest.Drop) }, func(p parts) { p.each(redistest.Pass) },
		},
		"a black hole": {
			5 * time.Second, func(p parts) { p.each(redistest.Hang) }, func(p parts) { p.each(redistest.Pass) },
		},
		"flapping":             {0, flap, func(parts) {}},
		"stopped for 30 s":     {30 * time.Second, func(p parts) { p.server.Pause() }, func(p parts) { p.server.Resume() }},
		"CLIENT PAUSE of 30 s": {30 * time.Second, func(p parts) { p.do("CLIENT", "PAUSE", 30_000) }, nil},
		"password changed": {
			3 * time.Second, changePassword, func(p parts) { p.admin("ACL", "SETUSER", "default", "nopass") },
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, state := partsOf(t, durable...), redistest.StartState(t)
			s := open(t, map[string]string{"STATE_REDIS_URL": state.URL()}, nil)
			fill(t, p.client)
			for _, id := range ids(some) {
				s.start(id, p.proxy.Address())
			}
			ticks := s.tick(ids(some))
			f := fault{what: "job's Redis: " + name, lasts: tt.lasts, begin: func() { tt.begin(p) }, heal: func() {}}
			if tt.heal != nil {
				f.heal = func() { tt.heal(p) }
			}
			if name == "password changed" {
				ticks.refused = 1 // that of the tick which read the queue just before
			}
			ticks.suffer(f)
			ticks.check(p.client, 0)
		})
	}
}

// changePassword gives the server a password, and ends all connections.
func changePassword(p parts) {
	p.t.Helper()
	p.do("ACL", "SETUSER", "admin", "on", ">pass", "~*", "&*", "+@all")
	p.admin("ACL", "SETUSER", "default", "resetpass", ">other")
	p.admin("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
}

// admin sends a command as the user that changePassword creates.
func (p parts) admin(args ...any) {
	p.t.Helper()
	client := redis.NewClient(&redis.Options{Addr: p.server.Addr(), Username: "admin", Password: "pass"})
	defer client.Close()
	if err := client.Do(p.t.Context(), args...).Err(); err != nil {
		p.t.Fatalf("%v: %v", args, err)
	}
}

// flap cuts the connections every 300 ms, and lets new ones live for 300 ms.
func flap(p parts) {
	for range 8 {
		p.each(redistest.Drop)
		<-time.After(300 * time.Millisecond)
		p.each(redistest.Pass)
		<-time.After(300 * time.Millisecond)
	}
}

// The Redis of one job is a black hole from some step of a tick on, one step after the
// other. 200 other jobs do not notice: their ticks are sampled. On a busy machine one in a
// hundred may see no queue within its second.
func TestBlackHoleAmongOthers(t *testing.T) { //nolint:paralleltest // it needs the machine
	const others = 200
	state, queue, hole := redistest.StartState(t), redistest.Start(t), partsOf(t)
	s := open(t, map[string]string{"STATE_REDIS_URL": state.URL()}, nil)
	fill(t, queue.Client())
	fill(t, hole.client)
	s.start("hole", hole.proxy.Address())
	for _, id := range ids(others) {
		s.start(id, queue.Address())
	}
	holes, honest := s.tick([]string{"hole"}), s.tickEvery(2*time.Second, ids(others))
	honest.suffer(fault{what: "black hole among 200 jobs", begin: func() {
		for _, step := range []string{"MULTI", "LLEN", "EXEC", "EVALSHA", "HELLO"} {
			hole.proxy.On(func(command string) redistest.Fault {
				if command == step {
					return redistest.Hang
				}
				return redistest.Pass
			})
			<-time.After(2 * time.Second)
		}
	}, heal: func() { hole.each(redistest.Pass) }})
	failed, sent := 0, 0
	for _, c := range honest.count {
		failed += len(c.outcomes["failed"]) + len(c.lost)
		sent += c.sent
	}
	if failed*100 > sent {
		t.Errorf("%d of %d ticks failed", failed, sent)
	}
	honest.check(queue.Client(), 0)
	holes.mark()
	t.Logf("figures: the job itself is sampled again %.1f s after the heal", holes.resumed(time.Now()).Seconds())
	holes.end()
	holes.check(hole.client, 0)
}
