package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/workqueue"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

func TestCrewDrains(t *testing.T) {
	t.Parallel()
	client := redistest.Start(t).Client()
	dir := t.TempDir()
	const hello = "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447" // of "hello world\n", by sha256sum
	want := map[string]result{}
	for i := range 7 {
		path := write(t, dir, strconv.Itoa(i)+".go", "hello world\n")
		want[path] = result{File: path, Lines: 1, SHA: hello}
		client.RPush(t.Context(), workqueue.Waiting, path)
	}
	empty := write(t, dir, "empty.go", "")
	want[empty] = result{File: empty, SHA: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
	client.RPush(t.Context(), workqueue.Waiting, empty)

	if err := (crew{client: client, job: "x", first: 3, most: 3}).run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := lengths(t, client); got != [3]int64{0, 0, 8} {
		t.Errorf("waiting, in flight, done = %v, want 0, 0, 8", got)
	}
	got := map[string]result{}
	for _, text := range client.LRange(t.Context(), workqueue.Done, 0, -1).Val() {
		var r result
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatalf("result %s: %v", text, err)
		}
		got[r.File] = r
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

func TestCrewWithoutItems(t *testing.T) {
	t.Parallel()
	client := redistest.Start(t).Client()
	if err := (crew{client: client, job: "x", first: 2, most: 2}).run(t.Context()); err != nil {
		t.Errorf("run with an empty queue = %v, want nil", err)
	}
}

// An item that cannot be processed is not lost: it stays in flight.
func TestCrewWithAMissingFile(t *testing.T) {
	t.Parallel()
	client := redistest.Start(t).Client()
	client.RPush(t.Context(), workqueue.Waiting, filepath.Join(t.TempDir(), "none.go"))
	if err := (crew{client: client, job: "x", first: 1, most: 1}).run(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("run = %v, want %v", err, os.ErrNotExist)
	}
	if got := lengths(t, client); got != [3]int64{0, 1, 0} {
		t.Errorf("waiting, in flight, done = %v, want 0, 1, 0", got)
	}
}

func TestCrewEndsWithItsContext(t *testing.T) {
	t.Parallel()
	client := redistest.Start(t).Client()
	client.RPush(t.Context(), workqueue.Waiting, "a", "b")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (crew{client: client, job: "x", first: 1, most: 1, pause: time.Hour}).run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("run = %v, want %v", err, context.Canceled)
	}
}

// The crew follows the number in the job's key, up and down, within its limits. A worker
// that is stopped finishes its item first.
func TestCrewFollowsTheKey(t *testing.T) {
	t.Parallel()
	client := redistest.Start(t).Client()
	path := write(t, t.TempDir(), "a.go", "package a\n")
	for range 10_000 {
		client.RPush(t.Context(), workqueue.Waiting, path)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	c := crew{client: client, job: "x", first: 2, most: 6, pause: 50 * time.Millisecond}
	go func() { ended <- c.run(ctx) }()
	holds := func(n int64) {
		t.Helper()
		seen := 0
		proctest.Until(t, strconv.FormatInt(n, 10)+" workers hold an item", func() bool {
			if lengths(t, client)[1] == n {
				seen++
			} else {
				seen = 0
			}
			return seen == 3
		})
	}
	holds(2)
	for _, step := range []struct {
		asked string
		want  int64
	}{{"5", 5}, {"3", 3}, {"100", 6}, {"0", 1}} {
		client.Set(t.Context(), job.ReplicasKey("x"), step.asked, 0)
		holds(step.want)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("run = %v, want %v", err, context.Canceled)
	}
	if got := lengths(t, client); got[0]+got[1]+got[2] != 10_000 {
		t.Errorf("waiting, in flight, done = %v, want 10000 together", got)
	}
}

// A key that holds no number ends the crew with an error.
func TestCrewWithAStrangeKey(t *testing.T) {
	t.Parallel()
	client := redistest.Start(t).Client()
	path := write(t, t.TempDir(), "a.go", "package a\n")
	for range 1000 {
		client.RPush(t.Context(), workqueue.Waiting, path)
	}
	client.Set(t.Context(), job.ReplicasKey("x"), "many", 0)
	if err := (crew{client: client, job: "x", first: 1, most: 1, pause: 50 * time.Millisecond}).run(t.Context()); !errors.Is(err, strconv.ErrSyntax) {
		t.Errorf("run = %v, want %v", err, strconv.ErrSyntax)
	}
}
