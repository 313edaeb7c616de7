package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/drivers/workqueue"
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
