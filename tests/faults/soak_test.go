package faults_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

const (
	// queues is how many Redises the jobs of a soak share.
	queues = 20
	// maxGrowth and maxMore bound the growth of the resident memory from the third quarter
	// of a soak to the last: a share, and KiB.
	maxGrowth, maxMore = 0.25, 16 << 10
	// moreGoroutines is how many more goroutines than a fresh program with the same jobs
	// the program may have at the end.
	moreGoroutines = 20
)

// TestLongSoak lets the program tick jobs while faults come at random, one after the
// other: of the state Redis, of the jobs' own, and kills of the program in the first half.
// Afterwards nothing is lost or doubled, no job has ended, and neither memory nor
// goroutines have grown. It runs for SOAK_FOR with SOAK_JOBS jobs by SOAK_SEED; without
// them it is short.
func TestLongSoak(t *testing.T) {
	t.Parallel()
	k := startSoak(t, 20*time.Second, 50)
	ticks := k.tickAll()
	began := time.Now()
	var memory [2]int64 // the most in the third quarter, and in the last
	faults := 0
	for {
		passed := time.Since(began)
		if passed > k.lasts {
			break
		}
		k.breakSomething(passed < k.lasts/2)
		faults++
		if quarter := int(4 * passed / k.lasts); quarter >= 2 {
			memory[quarter-2] = max(memory[quarter-2], k.memory("VmRSS"))
		}
		time.Sleep(time.Duration(200+k.rand.IntN(800)) * time.Millisecond)
	}
	for _, all := range ticks {
		all.mark()
	}
	for _, all := range ticks {
		all.resumed(time.Now())
	}
	sent, lost := 0, 0
	for i, all := range ticks {
		lost += all.end()
		for _, c := range all.count {
			sent += c.sent
		}
		all.verify(k.queues[i].client, 0)
	}
	after, fresh := k.goroutines()
	t.Logf("figures of the soak, seed %d: %d jobs for %v, %d faults; of %d ticks %d lost; resident memory %d MiB in the third quarter, %d in the last; "+
		"%d goroutines, %d in a fresh program", k.seed, k.jobs, k.lasts, faults, sent, lost, memory[0]>>10, memory[1]>>10, after, fresh)
	if memory[1] > memory[0]+int64(maxGrowth*float64(memory[0]))+maxMore {
		t.Errorf("the memory grew from %d to %d KiB", memory[0], memory[1])
	}
	if after > fresh+moreGoroutines {
		t.Errorf("%d goroutines, want about the %d of a fresh program", after, fresh)
	}
}

// soak is the program, what it depends on, and the choices of a soak.
type soak struct {
	*system

	state  parts
	queues []parts
	rand   *rand.Rand
	seed   uint64
	lasts  time.Duration
	jobs   int
}

// startSoak starts a soak with settings from the environment.
func startSoak(t *testing.T, lasts time.Duration, jobs int) *soak {
	t.Helper()
	k := &soak{lasts: lasts, jobs: jobs, seed: uint64(time.Now().UnixNano())}
	var err error
	if text := os.Getenv("SOAK_FOR"); text != "" {
		if k.lasts, err = time.ParseDuration(text); err != nil {
			t.Fatalf("SOAK_FOR: %v", err)
		}
	}
	if text := os.Getenv("SOAK_JOBS"); text != "" {
		if k.jobs, err = strconv.Atoi(text); err != nil || k.jobs < queues {
			t.Fatalf("SOAK_JOBS: %v, want a number, at least %d", err, queues)
		}
	}
	if text := os.Getenv("SOAK_SEED"); text != "" {
		if k.seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("SOAK_SEED: %v", err)
		}
	}
	k.rand = rand.New(rand.NewPCG(k.seed, 0))
	k.state = partsOf(t, durable...)
	for range queues {
		k.queues = append(k.queues, partsOf(t, durable...))
		fill(t, k.queues[len(k.queues)-1].client)
	}
	k.system = serve(t, map[string]string{"STATE_REDIS_URL": k.state.proxy.URL()})
	return k
}

// tickAll starts the jobs and their ticks, those of each Redis together. A job gets at
// most about 150 ticks, fewer than the list remembers, and all jobs 100 ticks a second,
// each of which is written to two disks.
func (k *soak) tickAll() []*ticker {
	k.t.Helper()
	every := max(period, k.lasts/150, time.Duration(k.jobs)*time.Second/100)
	shares := make([][]string, queues)
	for i, id := range ids(k.jobs) {
		k.start(id, k.queues[i%queues].proxy.Address())
		shares[i%queues] = append(shares[i%queues], id)
	}
	var all []*ticker
	for _, share := range shares {
		all = append(all, k.tickEvery(every, share))
	}
	return all
}

// breakSomething breaks something for up to two seconds, and heals it.
func (k *soak) breakSomething(mayKill bool) {
	if mayKill && k.rand.IntN(8) == 0 {
		k.process.Restart()
		return
	}
	victim := k.state
	if k.rand.IntN(2) == 0 {
		victim = k.queues[k.rand.IntN(queues)]
	}
	lasts := time.Duration(100+k.rand.IntN(1900)) * time.Millisecond
	some := []struct{ begin, heal func(parts) }{
		{func(p parts) { p.server.Stop() }, func(p parts) { p.server.Restart() }},
		{func(p parts) { p.server.Pause() }, func(p parts) { p.server.Resume() }},
		{func(p parts) { p.proxy.Delay(300 * time.Millisecond) }, func(p parts) { p.proxy.Delay(0) }},
		{func(p parts) { p.each(redistest.Drop) }, func(p parts) { p.each(redistest.Pass) }},
		{func(p parts) { p.each(redistest.Lose) }, func(p parts) { p.each(redistest.Pass) }},
		{func(p parts) { p.each(redistest.Halve) }, func(p parts) { p.each(redistest.Pass) }},
		{func(p parts) { p.each(redistest.Hang) }, func(p parts) { p.each(redistest.Pass); p.proxy.Cut() }},
		{func(p parts) { p.do("SCRIPT", "FLUSH") }, func(parts) {}},
	}
	full := struct{ begin, heal func(parts) }{
		func(p parts) { p.do("CONFIG", "SET", "maxmemory", "1") }, func(p parts) { p.do("CONFIG", "SET", "maxmemory", "0") },
	}
	if victim == k.state { // a list that refuses a sample is not asked again, by design
		some = append(some, full)
	}
	f := some[k.rand.IntN(len(some))]
	f.begin(victim)
	time.Sleep(lasts)
	f.heal(victim)
}

// goroutines returns how many goroutines the program has without requests, and how many
// a fresh one has after a tick of each job. It ends both.
func (k *soak) goroutines() (after, fresh int) {
	k.t.Helper()
	after = k.countGoroutines()
	k.process.Restart()
	for _, id := range ids(k.jobs) {
		proctest.Until(k.t, "a tick of "+id+" is taken", func() bool {
			outcome, _ := k.send(k.t.Context(), id, uuid.NewString())
			return outcome != ""
		})
	}
	return after, k.countGoroutines()
}

// countGoroutines ends the program with SIGQUIT, which makes it print its goroutines.
func (k *soak) countGoroutines() int {
	k.t.Helper()
	client.CloseIdleConnections()
	time.Sleep(2 * time.Second) // its deadlines of requests pass
	before := len(k.process.Output())
	k.process.Signal(syscall.SIGQUIT)
	count := 0
	proctest.Until(k.t, "the program has printed its goroutines", func() bool {
		text := k.process.Output()[before:]
		count = strings.Count(text, "\ngoroutine ")
		return strings.Contains(text, "\nrip ") || strings.Contains(text, "\npc ")
	})
	return count
}
