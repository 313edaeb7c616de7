package controllerlist_test

import (
	"cmp"
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

// model is what the script is meant to keep: the list, and which ticks and instants
// were pushed.
type model struct {
	list    []string
	pushed  map[string]int64
	expires bool // the list
	evicted bool // the ticks were, once
}

const foreign = "theirs"

// own reports whether an element is of the job; so is a list without one.
func (m *model) own(last bool) bool {
	switch {
	case len(m.list) == 0:
		return true
	case last:
		return m.list[len(m.list)-1] != foreign
	default:
		return m.list[0] != foreign
	}
}

// push pushes a sample; false if the list is somebody else's.
func (m *model) push(element sample.Element, tick, instant string, at int64) bool {
	_, ticked := m.pushed[tick]
	_, due := m.pushed[instant]
	if ticked || due && instant != "" {
		return true
	}
	newest := m.own(true)
	if !newest && len(m.pushed) == 0 || !m.own(false) && len(m.list) >= controllerlist.MaxLength {
		return false
	}
	for _, other := range m.pushed {
		at = max(at, other+1)
	}
	m.list = append(m.list, element.At(at))
	for len(m.list) > controllerlist.MaxLength && m.own(false) {
		m.list = m.list[1:]
	}
	m.expires = m.expires || newest && m.own(false)
	m.pushed[tick] = at
	if instant != "" {
		m.pushed[instant] = at
	}
	m.forget()
	return true
}

// forget keeps the newest entries.
func (m *model) forget() {
	const remembered = 512
	if len(m.pushed) <= remembered {
		return
	}
	names := make([]string, 0, len(m.pushed))
	for name := range m.pushed {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(m.pushed[a], m.pushed[b]), cmp.Compare(a, b)) })
	for _, name := range names[:len(names)-remembered] {
		delete(m.pushed, name)
	}
}

// other changes what the Controller, others and an eviction change.
func (m *model) other(operation byte) {
	switch operation {
	case pop:
		m.list = m.list[:max(len(m.list)-1, 0)]
		m.expires = m.expires && len(m.list) > 0
	case fill:
		m.list = append(m.list, foreign)
	case evict:
		clear(m.pushed)
		m.evicted = true
	}
}

// Values of the third byte of an operation that is no push.
const (
	pop   = 0
	evict = 254
	fill  = 255
)

// fuzzed is a list on a server that lives as long as the fuzz test.
type fuzzed struct {
	*controllerlist.List

	client *redis.Client
	spec   job.Spec
}

func newFuzzed(f *testing.F, address job.Address) fuzzed {
	f.Helper()
	pool := redispool.New(redispool.Options{Timeout: 10 * time.Second})
	client := redis.NewClient(&redis.Options{Addr: address.String()})
	f.Cleanup(func() {
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

// The script does, on Redis and on miniredis, what the model in Go says, and every
// element in the list is newer than the one before.
func FuzzPush(f *testing.F) {
	embedded := miniredis.RunT(f).Server().Addr()
	lists := map[string]fuzzed{
		"redis-server": newFuzzed(f, redistest.Start(f).Address()),
		"miniredis":    newFuzzed(f, job.Address{Host: embedded.IP.String(), Port: embedded.Port}),
	}
	for _, seed := range [][]byte{
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
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		if len(bytes) > 64 {
			return
		}
		for name, l := range lists {
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
					t.Fatalf("%s: push: %v, in the model %t", name, err, pushed)
				}
			}, func(operation byte) {
				m.other(operation)
				l.other(t, operation)
			})
			l.expect(t, name, m)
		}
	})
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
func (l fuzzed) expect(t *testing.T, name string, m model) {
	t.Helper()
	got := l.client.LRange(t.Context(), controllerlist.Key(jobID), 0, -1).Val()
	if diff := gocmp.Diff(append([]string{}, m.list...), got); diff != "" {
		t.Errorf("%s: list (-model +got):\n%s", name, diff)
	}
	pushed := map[string]int64{}
	for _, z := range l.client.ZRangeWithScores(t.Context(), job.PushedTicksKey(jobID), 0, -1).Val() {
		pushed[z.Member.(string)] = int64(z.Score)
	}
	if diff := gocmp.Diff(m.pushed, pushed); diff != "" {
		t.Errorf("%s: what was pushed (-model +got):\n%s", name, diff)
	}
	if expires := l.client.PTTL(t.Context(), controllerlist.Key(jobID)).Val() > 0; expires != m.expires {
		t.Errorf("%s: the list expires: %t, in the model %t", name, expires, m.expires)
	}
	for i := 1; i < len(got) && !m.evicted; i++ {
		if got[i-1] != foreign && got[i] != foreign && got[i-1] >= got[i] { // equal but for the timestamp, all of as many digits
			t.Fatalf("%s: the element %s is not newer than %s", name, got[i], got[i-1])
		}
	}
}
