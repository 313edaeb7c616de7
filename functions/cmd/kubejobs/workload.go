package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/workqueue"
)

// fileItems returns the paths of up to most .go files under dir.
func fileItems(ctx context.Context, dir string, most int) ([]any, error) {
	if dir == "" {
		out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
		if err != nil {
			return nil, fmt.Errorf("find the Go installation (or pass a folder with --dir): %w", err)
		}
		dir = filepath.Join(strings.TrimSpace(string(out)), "src")
	}
	var items []any
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case len(items) == most:
			return fs.SkipAll
		case entry.Type().IsRegular() && strings.HasSuffix(path, ".go"):
			items = append(items, path)
		}
		return nil
	})
	if err == nil && len(items) == 0 {
		err = fmt.Errorf("no .go file in %s", dir)
	}
	return items, err
}

// result is what a worker reports about one item.
type result struct {
	File  string `json:"file"`
	Lines int    `json:"lines"`
	SHA   string `json:"sha256"`
}

// drain runs workers that take items as Asperathos' workers do, until none is left:
// job → job:processing → work → job:results. pace limits all of them together,
// while each holds its item.
func drain(ctx context.Context, client *redis.Client, workers int, pace *rate.Limiter) error {
	group, ctx := errgroup.WithContext(ctx)
	for range workers {
		group.Go(func() (err error) {
			defer failure.Rescue(func(caught error) { err = caught })
			for {
				item, err := client.LMove(ctx, workqueue.Waiting, workqueue.InFlight, "RIGHT", "LEFT").Result()
				if errors.Is(err, redis.Nil) {
					return nil
				}
				if err != nil {
					return fmt.Errorf("take an item: %w", err)
				}
				if err := pace.Wait(ctx); err != nil {
					return err
				}
				if err := finish(ctx, client, item); err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}

// finish processes an item: it hashes the file and counts its lines.
func finish(ctx context.Context, client *redis.Client, item string) error {
	text, err := os.ReadFile(item) //nolint:gosec // the item names a file, by design
	if err != nil {
		return fmt.Errorf("work on an item: %w", err)
	}
	sum := sha256.Sum256(text)
	done, err := json.Marshal(result{File: item, Lines: bytes.Count(text, []byte("\n")), SHA: hex.EncodeToString(sum[:])})
	if err != nil {
		return err
	}
	_, err = client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.LPush(ctx, workqueue.Done, done)
		pipe.LRem(ctx, workqueue.InFlight, 1, item)
		return nil
	})
	if err != nil {
		return fmt.Errorf("finish an item: %w", err)
	}
	return nil
}

// pacing returns a limiter that spreads items over a duration.
func pacing(items int, over time.Duration) *rate.Limiter {
	return rate.NewLimiter(rate.Limit(float64(items)/over.Seconds()), 1)
}
