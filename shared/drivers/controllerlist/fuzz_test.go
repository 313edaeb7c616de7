package controllerlist_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/controllerlist"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
	"kubejobs/shared/testkit/redistest"
)

// fuzzed is a list on a server that lives as long as the fuzz test.
type fuzzed struct {
	*controllerlist.List

	client *redis.Client
	spec   job.Spec
}

func newFuzzed(tb testing.TB, address job.Address) fuzzed {
	tb.Helper()
	pool := redispool.New(redispool.Options{Timeout: 10 * time.Second})
	client := redis.NewClient(&redis.Options{Addr: address.String()})
	tb.Cleanup(func() {
		pool.Close()
		_ = client.Close()
	})
	spec := monitortest.Spec(jobID, "f")
	spec.Queue.Address = address
	return fuzzed{controllerlist.New(pool, expiry), client, spec}
}

// pushes decodes operations, four bytes each: tick, instant, time and how many such
// pushes follow one another, or one that is no push.
func pushes(bytes []byte, push func(key monitor.PushKey, at int64), other func(operation byte)) {
	for operation := range slices.Chunk(bytes, 4) {
		if len(operation) < 4 {
			return
		}
		if what := operation[2]; what == pop || what == fill || what == evict {
			other(what)
			continue
		}
		for i := range int64(operation[3]) + 1 {
			key := monitor.PushKey{TickID: "tick-" + strconv.FormatInt(int64(operation[0])+i, 10)}
			if operation[1] > 0 {
				key.Instant = 1795498867000 + 1000*(int64(operation[1])+i)
			}
			push(key, 1795498867000+200*int64(operation[2])+i)
		}
	}
}

// pushSeeds reach each branch of the script.
var pushSeeds = [][]byte{
	{0, 0, fill, 0, 1, 0, 1, 0},
	{1, 0, 1, 0, 0, 0, fill, 0, 2, 0, 2, 0, 0, 0, pop, 0, 3, 0, 3, 0},
	{1, 0, 1, 3, 0, 0, evict, 0, 9, 9, 9, 0, 0, 0, evict, 0, 0, 0, fill, 0, 9, 9, 9, 0},
	{1, 0, 1, 0, 0, 0, pop, 0, 0, 0, fill, 0, 0, 0, 1, 255, 255, 0, 2, 255, 0, 1, 3, 255, 255, 2, 4, 255, 9, 0, 200, 9},
	{},
	{1, 1, 5, 0, 1, 2, 9, 0, 2, 1, 9, 0, 3, 0, 4, 0},
	{1, 0, 5, 0, 0, 0, 0, 0, 2, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	{0, 0, 1, 255, 255, 0, 2, 255, 0, 0, 3, 3},
	{0, 1, 1, 255, 0, 1, 200, 255, 9, 9, 9, 9},
	{0, 0, 1, 255, 0, 1, 2, 255, 255, 1, 3, 255, 255, 0, 4, 255, 100, 100, 5, 255, 1, 1, 1, 1},
}

// The script does what the model in Go says, and every sample in the list is newer than
// the one before. This is miniredis only: a worker of a fuzz test that is killed would
// leave a redis-server behind, which the test waits for.
func FuzzPush(f *testing.F) {
	embedded := miniredis.RunT(f).Server().Addr()
	l := newFuzzed(f, job.Address{Host: embedded.IP.String(), Port: embedded.Port})
	for _, seed := range pushSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		if len(bytes) <= 64 {
			l.agree(t, bytes)
		}
	})
}

// The same on Redis too, for the seeds and for operations that no fuzzer chose.
func TestPushAtRandom(t *testing.T) {
	t.Parallel()
	redistest.OnEach(t, func(t *testing.T, r redistest.Redis) {
		t.Helper()
		l := newFuzzed(t, r.Address)
		for _, seed := range pushSeeds {
			l.agree(t, seed)
		}
		random := rand.New(rand.NewPCG(1, 2))
		for range 15 {
			var bytes []byte
			for range 12 {
				bytes = append(bytes, byte(random.IntN(8)), byte(random.IntN(3)), []byte{pop, evict, fill, 1, 2, 3, 4, 5}[random.IntN(8)], byte(random.IntN(3)))
			}
			l.agree(t, bytes)
		}
	})
}

// agree runs operations on the list and on the model, and compares what they leave.
func (l fuzzed) agree(t *testing.T, bytes []byte) {
	t.Helper()
	if err := l.client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	m := model{pushed: map[string]int64{}}
	pushes(bytes, func(key monitor.PushKey, at int64) {
		x := sample.Sample{At: at, Error: -0.5}
		element, err := sample.Encode(string(jobID), x)
		if err != nil {
			t.Fatal(err)
		}
		instant := ""
		if key.Instant != 0 {
			instant = strconv.FormatInt(l.spec.Life(), 36) + "@" + strconv.FormatInt(key.Instant, 36)
		}
		pushed := m.push(element, key.TickID, instant, at)
		err = l.Push(t.Context(), l.spec, key, x)
		if pushed && err != nil || !pushed && failure.KindOf(err) != failure.KindRefused {
			t.Fatalf("%v: push: %v, in the model %t", bytes, err, pushed)
		}
	}, func(operation byte) {
		m.other(operation)
		l.other(t, operation)
	})
	l.expect(t, m)
}

func (l fuzzed) other(t *testing.T, operation byte) {
	t.Helper()
	switch operation {
	case pop:
		l.client.RPop(t.Context(), controllerlist.Key(jobID))
	case fill:
		l.client.RPush(t.Context(), controllerlist.Key(jobID), foreign)
	case evict:
		l.client.Del(t.Context(), job.PushedTicksKey(jobID))
	}
}

// expect compares what a Redis holds with the model.
func (l fuzzed) expect(t *testing.T, m model) {
	t.Helper()
	got := l.client.LRange(t.Context(), controllerlist.Key(jobID), 0, -1).Val()
	if diff := gocmp.Diff(append([]string{}, m.list...), got); diff != "" {
		t.Errorf("list (-model +got):\n%s", diff)
	}
	pushed := map[string]int64{}
	for _, z := range l.client.ZRangeWithScores(t.Context(), job.PushedTicksKey(jobID), 0, -1).Val() {
		pushed[z.Member.(string)] = int64(z.Score)
	}
	if diff := gocmp.Diff(m.pushed, pushed); diff != "" {
		t.Errorf("what was pushed (-model +got):\n%s", diff)
	}
	if expires := l.client.PTTL(t.Context(), controllerlist.Key(jobID)).Val() > 0; expires != m.expires {
		t.Errorf("the list expires: %t, in the model %t", expires, m.expires)
	}
	for i := 1; i < len(got) && !m.evicted; i++ {
		if got[i-1] != foreign && got[i] != foreign && got[i-1] >= got[i] { // equal but for the timestamp, all of as many digits
			t.Fatalf("the element %s is not newer than %s", got[i], got[i-1])
		}
	}
}
