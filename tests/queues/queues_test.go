// Package queues_test runs several jobs on one Redis: with a queue of their own each,
// and on the same lists.
package queues_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"kubejobs/functions/start"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/tests/world"
)

// queue is a job's queue on the world's Redis.
type queue struct {
	client *redis.Client
	lists  [3]string
	items  int
}

// open returns the queue of a database with items in its first list.
func open(t *testing.T, w *world.World, database, items int, lists ...string) *queue {
	t.Helper()
	q := &queue{client: redis.NewClient(&redis.Options{Addr: w.Queue.Addr(), DB: database}), lists: [3]string(lists), items: items}
	t.Cleanup(func() { _ = q.client.Close() })
	for range items {
		if err := q.client.LPush(t.Context(), lists[0], "item").Err(); err != nil {
			t.Fatal(err)
		}
	}
	return q
}

// move moves items from one list to the next one.
func (q *queue) move(t *testing.T, from, items int) {
	t.Helper()
	for range items {
		if err := q.client.LMove(t.Context(), q.lists[from], q.lists[from+1], "RIGHT", "LEFT").Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// post starts a job with other fields of plugin_info and returns the answer.
func post(t *testing.T, w *world.World, id, info string) start.Answer {
	t.Helper()
	got := w.Call(http.MethodPost, "/monitoring/"+id, fmt.Sprintf(
		`{"plugin":"kubejobs","plugin_info":{"redis_ip":"127.0.0.1","redis_port":%d,"expected_time":100%s}}`, w.Queue.Port(), info))
	var answer start.Answer
	if err := json.Unmarshal([]byte(got.Body), &answer); err != nil || got.Status != http.StatusAccepted {
		t.Fatalf("start %s: %d %s, want 202", id, got.Status, got.Body)
	}
	return answer
}

func TestQueuesOnOneRedis(t *testing.T) {
	t.Parallel()
	w := world.Open(t, nil, world.Options{})
	const own = `,"queue":{"pending":"own","processing":"own:processing","results":"own:results"}`
	jobs := []struct {
		id, info string
		queue    *queue
		database int
	}{
		{"usual", "", open(t, w, 0, 8, "job", "job:processing", "job:results"), 0},
		{"named", own, open(t, w, 0, 4, "own", "own:processing", "own:results"), 0},
		{"apart", `,"queue":{"database":3}`, open(t, w, 3, 2, "job", "job:processing", "job:results"), 3},
		{"both", strings.Replace(own, "}", `,"database":3}`, 1), open(t, w, 3, 1, "own", "own:processing", "own:results"), 3},
	}
	for _, j := range jobs {
		answer := post(t, w, j.id, j.info)
		lists := job.Lists{Pending: j.queue.lists[0], Processing: j.queue.lists[1], Results: j.queue.lists[2]}
		if answer.Items != int64(j.queue.items) || answer.Lists != lists || answer.Database != j.database ||
			answer.Queue != w.Queue.Addr() || len(answer.Warnings) != 0 {
			t.Errorf("start of %s answers %+v, want %d items in %v of database %d and no warning", j.id, answer, j.queue.items, lists, j.database)
		}
		if got := w.Status(j.id); got.Lists != lists || got.Database != j.database || got.Queue != w.Queue.Addr() || got.SharedCount != 0 {
			t.Errorf("status of %s: %q, database %d, lists %v, shared with %d, want %v", j.id, got.Queue, got.Database, got.Lists, got.SharedCount, lists)
		}
	}
	for n, j := range jobs { // one after the other ends; the others stay where they are
		j.queue.move(t, 0, j.queue.items)
		j.queue.move(t, 1, j.queue.items/2)
		w.Pass(10 * time.Second)
		for i, other := range jobs {
			if i < n {
				continue
			}
			w.Tick(other.id)
			want := 0.0
			if i == n {
				want = float64(other.queue.items/2) / float64(other.queue.items)
			}
			got := w.Status(other.id)
			if got.Progress == nil || got.Progress.Job != want || !got.Phase.Living() {
				t.Errorf("while %s works, %s is %s with %+v, want progress %g", j.id, other.id, got.Phase, got.Progress, want)
			}
		}
		j.queue.move(t, 1, j.queue.items-j.queue.items/2)
		w.Pass(10 * time.Second)
		w.Tick(j.id)
		if got := w.Status(j.id); got.Phase != job.PhaseFinished || got.Progress.Job != 1 || got.Reason != "the queue is empty" {
			t.Errorf("%s is %s (%s) with %+v, want finished", j.id, got.Phase, got.Reason, got.Progress)
		}
		if got := w.Published(j.id); got != int64(n+2) { // in database 0, where the Controller looks
			t.Errorf("%d samples of %s in database 0, want %d", got, j.id, n+2)
		}
	}
	if keys, err := jobs[2].queue.client.Keys(t.Context(), "*:metrics*").Result(); err != nil || len(keys) != 0 {
		t.Errorf("database 3 holds %v, %v, want no samples", keys, err)
	}
}

func TestJobsOnTheSameLists(t *testing.T) {
	t.Parallel()
	w := world.Open(t, nil, world.Options{})
	w.Fill(10, 0, 0)
	shared := func(id, body string, want ...job.ID) {
		t.Helper()
		got := w.Status(id)
		if diff := cmp.Diff(want, got.SharedWith); diff != "" || got.SharedCount != len(want) {
			t.Errorf("%s: %s is shared with %d (-want +got):\n%s", body, id, got.SharedCount, diff)
		}
		if said := strings.Contains(strings.Join(got.Warnings, "\n"), "also used by the living"); said != (len(want) > 0) {
			t.Errorf("%s: the status of %s warns of %q", body, id, got.Warnings)
		}
	}
	warned := func(answer start.Answer, phrase string) {
		t.Helper()
		found := strings.Join(answer.Warnings, "\n")
		if (phrase == "" && found != "") || !strings.Contains(found, phrase) {
			t.Errorf("warnings %q, want %q", answer.Warnings, phrase)
		}
	}
	warned(post(t, w, "a", ""), "")
	warned(post(t, w, "a", ""), "") // the same start again
	shared("a", "alone")
	w.Pass(time.Second)
	warned(post(t, w, "c", `,"queue":{"database":1},"number_of_jobs":3`), "")
	warned(post(t, w, "b", `,"queue":{"results":"b:results"}`), "also used by the living job a, so")
	warned(post(t, w, "a", ""), "also used by the living job b, so")
	shared("a", "two live", "b")
	shared("b", "two live", "a")
	shared("c", "in another database")
	w.Pass(time.Second)
	warned(post(t, w, "d", ""), "also used by the living jobs a, b, so")
	shared("a", "three live", "b", "d")

	for _, id := range []string{"d", "b"} {
		if got := w.Call(http.MethodPut, "/monitoring/"+id+"/stop", ""); got.Status != http.StatusNoContent {
			t.Fatalf("stop %s: %d %s", id, got.Status, got.Body)
		}
	}
	shared("a", "after the stop")
	shared("b", "after the stop")
	warned(post(t, w, "a", ""), "")

	var page struct{ Jobs []monitor.Status }
	if got := w.Call(http.MethodGet, "/monitoring", ""); json.Unmarshal([]byte(got.Body), &page) != nil || len(page.Jobs) != 2 {
		t.Errorf("list: %d %s, want two jobs", got.Status, got.Body)
	}
}

// A start with another queue is another request.
func TestAnotherQueueIsAnotherRequest(t *testing.T) {
	t.Parallel()
	w := world.Open(t, nil, world.Options{})
	w.Fill(10, 0, 0)
	post(t, w, "a", "")
	post(t, w, "a", `,"queue":{"pending":"job","processing":"job:processing","results":"job:results","database":0}`)
	for _, other := range []string{`{"pending":"x"}`, `{"database":1}`} {
		got := w.Call(http.MethodPost, "/monitoring/a", fmt.Sprintf(
			`{"plugin":"kubejobs","plugin_info":{"redis_ip":"127.0.0.1","redis_port":%d,"expected_time":100,"queue":%s}}`, w.Queue.Port(), other))
		if got.Status != http.StatusBadRequest || !strings.Contains(got.Body, "a different request") {
			t.Errorf("start with the queue %s: %d %s, want 400", other, got.Status, got.Body)
		}
	}
}

// A queue without work, or that cannot be read, is named.
func TestQueuesThatCannotBeCounted(t *testing.T) {
	t.Parallel()
	w := world.Open(t, nil, world.Options{})
	w.Fill(10, 0, 0)
	if err := w.Jobs.Set(t.Context(), "text", "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	at := w.Queue.Addr()
	for name, tt := range map[string]struct{ queue, want string }{
		"empty lists":                  {`{"pending":"p"}`, "the lists p and job:processing at " + at + " are empty"},
		"the lists of another base":    {`{"database":3}`, "the lists job and job:processing at " + at + "/3 are empty"},
		"a list that is none":          {`{"results":"text"}`, "cannot read the queue at " + at + ": wrong type of key"},
		"a database that is not there": {`{"database":99}`, "cannot read the queue at " + at + "/99: it has no such database"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := w.Call(http.MethodPost, "/monitoring/a", fmt.Sprintf(
				`{"plugin":"kubejobs","plugin_info":{"redis_ip":"127.0.0.1","redis_port":%d,"expected_time":100,"queue":%s}}`, w.Queue.Port(), tt.queue))
			if got.Status != http.StatusBadRequest || !strings.Contains(got.Body, "plugin_info.number_of_jobs") || !strings.Contains(got.Body, tt.want) {
				t.Errorf("start: %d %s, want 400 and %q", got.Status, got.Body, tt.want)
			}
		})
	}
}
