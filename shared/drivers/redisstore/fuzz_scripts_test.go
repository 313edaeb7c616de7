package redisstore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/history"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
	"kubejobs/shared/testkit/redistest"
)

// choices decodes the operations of a run from the bytes of the fuzzer.
type choices struct{ bytes []byte }

func (c *choices) below(n int) int {
	if len(c.bytes) == 0 {
		return 0
	}
	first := c.bytes[0]
	c.bytes = c.bytes[1:]
	return int(first) % n
}

func (c *choices) id() job.ID { return job.ID("abc"[c.below(3):][:1]) }

// life returns a life: 0, a small one, or one of today.
func (c *choices) life() int64 { return []int64{0, 1, 2, 3, 1795498867000, 1795498867001}[c.below(6)] }

func (c *choices) spec() job.Spec {
	spec := monitortest.Spec(c.id(), "fg"[c.below(2):][:1])
	spec.Accepted = time.Time{}
	if life := c.life(); life != 0 {
		spec.Accepted = time.UnixMilli(life).UTC()
	}
	spec.Queue.Lists.Pending = []string{"", "x", "y{a}"}[c.below(3)]
	spec.Queue.Lists.Results = []string{"", "x"}[c.below(2)]
	return spec
}

func (c *choices) state() job.State {
	state := job.State{Phase: []job.Phase{job.PhasePending, job.PhaseRunning, job.PhaseFinished, job.PhaseStopped}[c.below(4)]}
	if c.below(4) == 3 {
		state.Outbox = []job.Event{{Job: "a", Life: 1, Sequence: 1, Kind: job.EventStarted}}
	}
	return state
}

func (c *choices) change(id job.ID, revision int64, tick int) *monitor.Change {
	change := &monitor.Change{ID: id, Revision: revision, State: c.state(), Retention: time.Hour}
	if change.State.Phase == job.PhaseFinished {
		change.State.EndedAt = 1795498867000 + 2_000_000*int64(c.below(4)) // longer than the retention
	}
	for range []int{0, 0, 0, 1, 40}[c.below(5)] {
		change.Journal = append(change.Journal, job.Entry{At: time.UnixMilli(1795498867000).UTC(), Kind: job.EventAtRisk, Text: strconv.Itoa(tick)})
	}
	if tick > 0 {
		change.TickID = "tick-" + strconv.Itoa(tick)
	}
	if what := c.below(8); what > 0 {
		x := sample.Sample{At: 1795498867000 + int64(tick), Job: 0.5, Error: -1e-7, Replicas: int64(what)}
		change.Sample, change.Settled = &x, &x
		change.Step = history.Step{Keep: what%2 == 1, Halve: what > 5}
	}
	return change
}

// kubeStatus returns the status of one of three Jobs, or of one without a UID.
func (c *choices) kubeStatus() job.KubeStatus {
	return job.KubeStatus{
		Active: int64(c.below(5)), Complete: c.below(4) == 0, Gone: c.below(6) == 0,
		UID: []string{"", "one", "two", "three"}[c.below(4)], Created: int64(c.below(3)) * 1000,
		Saved: 1795498867000 + 40_000*int64(c.below(4)),
	}
}

// versions are those of Kubernetes objects, also ones that no float64 tells apart.
var versions = []uint64{0, 1, 9, 10, 1 << 53, 1<<53 + 1, 1<<53 + 2, 1 << 63, 1<<64 - 1}

// step runs one operation on a store and returns its results as a text. revision
// returns that of a job, 0 if there is none; jump changes it.
func step(ctx context.Context, s monitor.Store, c choices, revision func(job.ID) int64, jump func(job.ID, int64)) (text string, rest choices) {
	operation := c.below(12)
	switch operation {
	case 0, 1:
		result, err := s.Create(ctx, c.spec(), c.state())
		return fmt.Sprint("create ", result, err), c
	case 2, 3:
		id := c.id()
		result, err := s.Commit(ctx, c.change(id, revision(id)+int64(c.below(8)/7), c.below(256)))
		return fmt.Sprint("commit ", result, err), c
	case 4: // many ticks, so that the oldest are forgotten
		var results []any
		id, first := c.id(), c.below(256)
		for i := range redisstore.Remembered + c.below(8) {
			result, err := s.Commit(ctx, &monitor.Change{
				ID: id, Revision: revision(id), State: job.State{Phase: job.PhaseRunning}, TickID: "tick-" + strconv.Itoa(first+i),
			})
			results = append(results, result, err)
		}
		return fmt.Sprint("commits ", results), c
	case 5:
		id, life := c.id(), c.life()
		return fmt.Sprint("mark ", s.MarkScheduled(ctx, id, life, c.below(2) == 1), s.CountDuplicate(ctx, id, life), s.CountSurplus(ctx, id, c.life())), c
	case 6:
		return fmt.Sprint("publishers ", s.MarkPublishers(ctx, c.id(), c.life(), map[string]monitor.PublisherState{"x": {At: int64(c.below(9))}})), c
	case 7:
		var since time.Time
		id, life, now := c.id(), c.life(), time.UnixMilli(1795498867000+int64(c.below(9)))
		if ago := c.below(9); ago > 0 {
			since = time.UnixMilli(1795498867000 + int64(ago))
		}
		at, err := s.Suspect(ctx, id, life, now, since)
		return fmt.Sprint("suspect ", at.UnixMilli(), err), c
	case 8:
		id := c.id()
		status, version := c.kubeStatus(), versions[c.below(len(versions))]
		if c.below(4) == 0 {
			return fmt.Sprint("job status as asked for ", s.ReplaceKubeStatus(ctx, id, status)), c
		}
		return fmt.Sprint("job status ", s.SaveKubeStatus(ctx, id, status, version)), c
	case 9:
		users, err := s.UseQueue(ctx, c.spec(), time.Duration(c.below(2))*time.Hour)
		return fmt.Sprint("use ", users, err), c
	case 10:
		return fmt.Sprint("leave ", s.LeaveQueue(ctx, c.spec())), c
	default:
		id := c.id()
		if what := c.below(4); what > 0 {
			jump(id, []int64{99_999_999_999_999, 1 << 53, 999_999_999_999_999_000}[what-1])
			return "jump", c
		}
		return fmt.Sprint("discard ", s.Discard(ctx, id)), c
	}
}

// contents returns everything that a Redis holds, and which keys expire.
func contents(ctx context.Context, client redis.UniversalClient) (map[string]any, error) {
	all := map[string]any{}
	keys, err := client.Keys(ctx, "*").Result()
	for _, key := range keys {
		kind := client.Type(ctx, key).Val()
		switch kind {
		case "hash":
			all[key] = client.HGetAll(ctx, key).Val()
		case "list":
			all[key] = client.LRange(ctx, key, 0, -1).Val()
		case "zset":
			members := map[string]string{}
			for _, z := range client.ZRangeWithScores(ctx, key, 0, -1).Val() {
				members[fmt.Sprint(z.Member)] = strconv.FormatFloat(z.Score, 'f', -1, 64)
			}
			all[key] = members
		default:
			all[key] = kind
		}
		if client.PTTL(ctx, key).Val() > 0 {
			all[key+" expires"] = true
		}
	}
	return all, err
}

// The scripts do what the model in Go says. This is miniredis only: a worker of a fuzz
// test that is killed would leave a redis-server behind, which the test waits for.
func FuzzScripts(f *testing.F) {
	_, embedded, _ := fuzzStore(f)
	for _, seed := range scriptSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		if len(bytes) <= 400 {
			agree(t, bytes, map[string]redis.UniversalClient{"miniredis": embedded})
		}
	})
}

// The same on Redis too, for the seeds and for operations that no fuzzer chose.
func TestScriptsAtRandom(t *testing.T) {
	t.Parallel()
	clients := map[string]redis.UniversalClient{
		"redis-server": open(t, redistest.Start(t).URL()), "miniredis": open(t, "redis://"+miniredis.RunT(t).Addr()),
	}
	for _, seed := range scriptSeeds {
		agree(t, seed, clients)
	}
	random := rand.NewChaCha8([32]byte{12})
	for range 20 {
		bytes := make([]byte, 300)
		_, _ = random.Read(bytes) // never fails
		agree(t, bytes, clients)
	}
}

// agree runs operations on stores and on the model, and compares their results and
// what they leave.
func agree(t *testing.T, bytes []byte, clients map[string]redis.UniversalClient) {
	t.Helper()
	ctx := t.Context()
	for name, client := range clients {
		if err := client.FlushAll(ctx).Err(); err != nil {
			t.Fatal(err)
		}
		store, m := redisstore.New(client), newModel()
		for c := (choices{bytes}); len(c.bytes) > 0; {
			want, rest := step(ctx, m, c, m.revision, m.jump)
			got, _ := step(ctx, store, c, m.before, func(id job.ID, to int64) {
				if m.before(id) != 0 {
					client.HSet(ctx, key(id, "state"), "rev", to)
				}
			})
			if got != want {
				t.Fatalf("%s: %s, the model %s, at the last but %d bytes of %v", name, got, want, len(c.bytes), bytes)
			}
			c = rest
			m.settle()
		}
		got, err := contents(ctx, client)
		if diff := cmp.Diff(m.contents(), got); diff != "" || err != nil {
			t.Fatalf("%s, %v: contents (-model +got), %v:\n%s", name, bytes, err, diff)
		}
	}
}

// scriptSeeds reach each branch of the scripts.
var scriptSeeds = [][]byte{
	{},
	{0, 0, 0, 1, 0, 0, 1, 0, 2, 0, 1, 0, 1, 0, 5},
	slices.Repeat([]byte{0, 0, 0, 4, 1, 0, 1, 0}, 2),
	{0, 0, 0, 4, 1, 0, 1, 0, 4, 0, 7, 5, 4, 0, 9, 7},
	{8, 0, 1, 5, 8, 0, 2, 4, 8, 0, 3, 6, 8, 0, 4, 1, 8, 1, 1, 8, 8, 1, 2, 7},
	{7, 0, 1, 5, 0, 7, 0, 1, 6, 4, 7, 0, 1, 7, 8},
	{0, 0, 0, 1, 1, 0, 1, 0, 9, 0, 0, 1, 1, 0, 1, 0, 1, 0, 2, 1, 1, 0, 1, 9, 1, 0, 2, 1, 0, 0, 10, 0, 0, 1, 1, 0},
	{0, 0, 0, 4, 0, 0, 1, 0, 11, 0, 1, 2, 0, 0, 5, 2, 0, 1, 0, 2, 0, 1, 0, 11, 0, 2, 2, 0, 1, 0, 3, 0, 1},
	{0, 0, 0, 4, 0, 0, 1, 0, 2, 0, 0, 1, 2, 0, 3, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 5, 0, 0, 1, 0},
}

func encoded(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}
