// Package rig measures ticks over HTTP: it runs a server in a process of its
// own beside real redis-servers, sends it ticks, and reads what the kernel and the
// redis-servers counted meanwhile.
package rig

import (
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/testkit/redistest"
	"kubejobs/tests/bench/floor"
)

// queueServers is the number of redis-servers that hold queues. Each listens on every
// loopback address: the pool of clients tells Redises apart by address, so jobs at many
// addresses of a few servers cost the program what jobs with Redises of their own cost.
const queueServers = 4

// Layouts: where the jobs' Redises are.
const (
	Shared = "shared" // all jobs at one address
	Own    = "own"    // each job at an address of its own
	// Controlled jobs are at one address, and their number of replicas is controlled.
	Controlled = "controlled"
)

// Layouts returns all layouts.
func Layouts() []string { return []string{Shared, Own, Controlled} }

// Rig is the redis-servers and the jobs whose state and queues they hold.
type Rig struct {
	tb      testing.TB
	State   *redistest.Server
	Queues  []*redistest.Server
	clients []*redis.Client // of State, then of Queues
	count   int             // jobs of each layout
	nonce   int             // of the ids of ticks
}

// New starts the redis-servers. There will be jobs of each layout.
func New(tb testing.TB, jobs int) *Rig {
	tb.Helper()
	r := &Rig{tb: tb, State: redistest.Start(tb), count: jobs}
	r.clients = append(r.clients, r.State.Client())
	for range queueServers {
		// In its protected mode a server answers this machine only.
		server := redistest.Start(tb, "--bind", "0.0.0.0", "--protected-mode", "yes")
		r.Queues = append(r.Queues, server)
		r.clients = append(r.clients, server.Client())
	}
	return r
}

// IDs returns the ids of the jobs of a layout.
func (r *Rig) IDs(layout string) []string {
	ids := make([]string, r.count)
	for i := range ids {
		ids[i] = layout + "-" + strconv.Itoa(i)
	}
	return ids
}

// queue returns the server of the i-th job of a layout, its client, and the host at which
// the job finds it.
func (r *Rig) queue(layout string, i int) (server *redistest.Server, client *redis.Client, host string) {
	switch layout {
	case Own:
	case Many:
		i %= manyRedises
	default:
		return r.Queues[0], r.clients[1], "127.0.0.1"
	}
	n := i % queueServers
	return r.Queues[n], r.clients[1+n], fmt.Sprintf("127.0.%d.%d", 1+i/200, 1+i%200)
}

// Settings returns the settings of the program. No tick is surplus, and the local
// scheduler, which has nothing to do before the hour is over, reaches nobody.
func (r *Rig) Settings(addr string) map[string]string {
	return map[string]string{
		"STATE_REDIS_URL": r.State.URL(), "LISTEN_ADDRESS": addr, "LOG_LEVEL": "warn",
		"TICK_SPACING": "0", "TICK_SINK": "http://127.0.0.1:1/",
	}
}

// FloorSettings returns the settings of the floor.
func (r *Rig) FloorSettings(addr string) map[string]string {
	c := floor.Config{State: r.State.Addr(), Jobs: map[string]floor.Job{}}
	for _, layout := range Layouts() {
		for i, id := range r.IDs(layout) {
			server, _, host := r.queue(layout, i)
			c.Jobs[id] = floor.Job{Redis: net.JoinHostPort(host, strconv.Itoa(server.Port())), Controlled: layout == Controlled}
		}
	}
	text, err := json.Marshal(c)
	if err != nil {
		r.tb.Fatal(err)
	}
	return map[string]string{"FLOOR": string(text), "LISTEN_ADDRESS": addr}
}

// each calls do for each job of a layout.
func (r *Rig) each(layout string, do func(i int, id string) error) {
	r.tb.Helper()
	for i, id := range r.IDs(layout) {
		if err := do(i, id); err != nil {
			r.tb.Fatalf("%s: %v", id, err)
		}
	}
}

// pids returns the process ids of the redis-servers.
func (r *Rig) pids() []int {
	pids := []int{r.State.PID()}
	for _, server := range r.Queues {
		pids = append(pids, server.PID())
	}
	return pids
}
