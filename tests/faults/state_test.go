package faults_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// some is how many jobs most tests tick.
const some = 10

// durable makes a redis-server write to disk before it answers: with the default,
// everysec, it may answer before.
var durable = []string{"--appendonly", "yes", "--appendfsync", "always"}

// jobsOn starts some jobs whose items are in queue, and ticks them.
func (s *system) jobsOn(queue *redistest.Server, n int) *ticker {
	s.t.Helper()
	fill(s.t, queue.Client())
	for _, id := range ids(n) {
		s.start(id, queue.Address())
	}
	return s.tick(ids(n))
}

// fill adds 100 items to the list job.
func fill(t *testing.T, queue *redis.Client) {
	t.Helper()
	items := make([]any, 100)
	for i := range items {
		items[i] = i
	}
	if err := queue.RPush(t.Context(), "job", items...).Err(); err != nil {
		t.Fatal(err)
	}
}

// parts are what a test breaks.
type parts struct {
	t      *testing.T
	server *redistest.Server
	client *redis.Client    // of the server
	proxy  *redistest.Proxy // between the functions and the server
}

// partsOf returns a new redis-server behind a proxy.
func partsOf(t *testing.T, args ...string) parts {
	t.Helper()
	server := redistest.Start(t, args...)
	return parts{t, server, server.Client(), redistest.StartProxy(t, server.Addr())}
}

// do sends a command to the server.
func (p parts) do(args ...any) {
	p.t.Helper()
	if err := p.client.Do(p.t.Context(), args...).Err(); err != nil {
		p.t.Fatalf("%v: %v", args, err)
	}
}

// each lets each command suffer a fault; Pass heals it.
func (p parts) each(f redistest.Fault) {
	p.proxy.On(func(string) redistest.Fault { return f })
	if f == redistest.Drop {
		p.proxy.Cut()
	}
}

// outage is a fault of parts that lasts for a while.
type outage struct {
	lasts       time.Duration
	begin, heal func(parts)
}

// The state Redis fails, and comes back.
func TestStateRedis(t *testing.T) {
	t.Parallel()
	tests := map[string]outage{
		"killed, with AOF": {
			5 * time.Second, func(p parts) { p.server.Stop() }, func(p parts) { p.server.Restart() },
		},
		"full": {
			3 * time.Second, func(p parts) { p.do("CONFIG", "SET", "maxmemory", "1") },
			func(p parts) { p.do("CONFIG", "SET", "maxmemory", "0") },
		},
		"a read-only replica": {
			3 * time.Second, func(p parts) { p.do("REPLICAOF", "127.0.0.1", proctest.FreePort(p.t)) },
			func(p parts) { p.do("REPLICAOF", "NO", "ONE") },
		},
		"without enough replicas": {
			3 * time.Second, func(p parts) { p.do("CONFIG", "SET", "min-replicas-to-write", "1") },
			func(p parts) { p.do("CONFIG", "SET", "min-replicas-to-write", "0") },
		},
		"slow by 500 ms": {
			5 * time.Second, func(p parts) { p.proxy.Delay(500 * time.Millisecond) }, func(p parts) { p.proxy.Delay(0) },
		},
		"connections cut": {
			2 * time.Second, func(p parts) { p.each(redistest.Drop) }, func(p parts) { p.each(redistest.Pass) },
		},
		"replies cut half-way": {
			2 * time.Second, func(p parts) { p.each(redistest.Halve) }, func(p parts) { p.each(redistest.Pass) },
		},
		"a black hole": {
			5 * time.Second, func(p parts) { p.each(redistest.Hang) }, func(p parts) { p.each(redistest.Pass) },
		},
		"scripts flushed": {0, flushScripts, func(parts) {}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, queue := partsOf(t, durable...), redistest.Start(t)
			ticks := open(t, map[string]string{"STATE_REDIS_URL": p.proxy.URL()}, nil).jobsOn(queue, some)
			ticks.suffer(fault{
				what: "state Redis: " + name, lasts: tt.lasts, begin: func() { tt.begin(p) }, heal: func() { tt.heal(p) },
			})
			ticks.check(queue.Client(), 0)
		})
	}
}

// flushScripts makes the server forget its scripts, again and again.
func flushScripts(p parts) {
	p.t.Helper()
	for range 20 {
		p.do("SCRIPT", "FLUSH")
		<-time.After(100 * time.Millisecond)
	}
}

// The master is killed; the sentinels make a replica the master. What was acknowledged
// but not replicated is lost, so folds may be missing.
func TestSentinelFailover(t *testing.T) {
	t.Parallel()
	sentinels, queue := redistest.StartSentinels(t), redistest.Start(t)
	ticks := open(t, map[string]string{"STATE_REDIS_URL": sentinels.URL()}, nil).jobsOn(queue, some)
	ticks.suffer(fault{what: "Sentinel failover", begin: sentinels.Master.Stop, within: true})
	ticks.check(queue.Client(), some)
}

// A master is killed; the cluster makes its replica a master. The client must notice
// within seconds: by default it would read the slots again after a minute.
func TestClusterFailover(t *testing.T) {
	t.Parallel()
	cluster, queue := redistest.StartCluster(t), redistest.Start(t)
	ticks := open(t, map[string]string{"STATE_REDIS_URL": cluster.URL()}, nil).jobsOn(queue, some)
	down := cluster.Owner(stateKey(ids(1)[0]))
	ticks.suffer(fault{what: "Cluster failover", begin: cluster.Nodes[down].Stop, within: true})
	ticks.check(queue.Client(), some)
}

// The slots of all jobs move from master to master while they are ticked.
func TestClusterResharding(t *testing.T) {
	t.Parallel()
	cluster, queue := redistest.StartCluster(t), redistest.Start(t)
	ticks := open(t, map[string]string{"STATE_REDIS_URL": cluster.URL()}, nil).jobsOn(queue, some)
	ticks.suffer(fault{what: "Cluster resharding", within: true, begin: func() {
		for _, id := range ids(some) {
			for range 3 {
				from := cluster.Owner(stateKey(id))
				cluster.Move(stateKey(id), from, (from+1)%3)
			}
		}
	}})
	ticks.check(queue.Client(), 0)
}

// stateKey returns the key of a job's state.
func stateKey(id string) string { return "monitor:{" + id + "}:state" }
