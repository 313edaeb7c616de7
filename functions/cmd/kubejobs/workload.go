package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/redis/go-redis/v9"

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
