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
	"github.com/redis/go-redis/v9"
	"golang.org/x/time/rate"

	"kubejobs/shared/drivers/workqueue"
	"kubejobs/shared/testkit/redistest"
)

// write writes a file in dir and returns its path.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// lengths returns the lengths of the lists: waiting, in flight, done.
func lengths(t *testing.T, client *redis.Client) [3]int64 {
	t.Helper()
	var got [3]int64
	for i, key := range []string{workqueue.Waiting, workqueue.InFlight, workqueue.Done} {
		n, err := client.LLen(t.Context(), key).Result()
		if err != nil {
			t.Fatal(err)
		}
		got[i] = n
	}
	return got
}

func TestFileItems(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := write(t, dir, "a.go", "package a\n")
	b := write(t, dir, "sub/b.go", "package b\n")
	write(t, dir, "sub/c.txt", "text\n")
	write(t, dir, "d.go/e.txt", "a folder with a file's name\n")
	tests := map[string]struct {
		most int
		want []any
	}{
		"all":         {10, []any{a, b}},
		"exactly all": {2, []any{a, b}},
		"one":         {1, []any{a}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := fileItems(t.Context(), dir, tt.most)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFileItemsWithoutAFile(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ dir string }{
		"an empty folder": {t.TempDir()},
		"no such folder":  {filepath.Join(t.TempDir(), "none")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := fileItems(t.Context(), tt.dir, 10); err == nil {
				t.Errorf("fileItems = %v, want an error", got)
			}
		})
	}
}

func TestDrain(t *testing.T) {
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

	if err := drain(t.Context(), client, 3, rate.NewLimiter(rate.Inf, 1)); err != nil {
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

func TestDrainOfNothing(t *testing.T) {
	t.Parallel()
	client := redistest.Start(t).Client()
	if err := drain(t.Context(), client, 2, rate.NewLimiter(rate.Inf, 1)); err != nil {
		t.Errorf("drain of an empty queue = %v, want nil", err)
	}
}

// An item that cannot be processed is not lost: it stays in flight.
func TestDrainOfAMissingFile(t *testing.T) {
	t.Parallel()
	client := redistest.Start(t).Client()
	client.RPush(t.Context(), workqueue.Waiting, filepath.Join(t.TempDir(), "none.go"))
	if err := drain(t.Context(), client, 1, rate.NewLimiter(rate.Inf, 1)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("drain = %v, want %v", err, os.ErrNotExist)
	}
	if got := lengths(t, client); got != [3]int64{0, 1, 0} {
		t.Errorf("waiting, in flight, done = %v, want 0, 1, 0", got)
	}
}

func TestDrainEndsWithItsContext(t *testing.T) {
	t.Parallel()
	client := redistest.Start(t).Client()
	client.RPush(t.Context(), workqueue.Waiting, "a", "b")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := drain(ctx, client, 1, pacing(2, time.Hour)); !errors.Is(err, context.Canceled) {
		t.Errorf("drain = %v, want %v", err, context.Canceled)
	}
}

func TestPacing(t *testing.T) {
	t.Parallel()
	pace := pacing(100, 20*time.Second)
	if pace.Limit() != 5 || pace.Burst() != 1 {
		t.Errorf("pacing 100 items over 20 s = %v a second, %d at once, want 5, 1", pace.Limit(), pace.Burst())
	}
}
