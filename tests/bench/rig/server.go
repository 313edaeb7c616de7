package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"kubejobs/shared/testkit/proctest"
)

// Build builds a command of this module as it is released, and returns its path.
func Build(tb testing.TB, pkg string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), filepath.Base(pkg))
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, pkg)
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // else the memory has the C library, too
	if out, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	return path
}

// Serve starts a command with settings for an address, and waits until it listens.
func Serve(tb testing.TB, path, argument string, settings func(addr string) map[string]string) *proctest.Process {
	tb.Helper()
	return proctest.Start(tb, proctest.Program{
		Command: func(addr string) *exec.Cmd {
			cmd := exec.Command(path, argument)
			cmd.Env = []string{} // nothing of this process
			for name, value := range settings(addr) {
				cmd.Env = append(cmd.Env, name+"="+value)
			}
			return cmd
		},
		Answers: func(ctx context.Context, addr string, _ int) bool {
			var dialer net.Dialer
			conn, err := dialer.DialContext(ctx, "tcp", addr)
			if err == nil {
				_ = conn.Close()
			}
			return err == nil
		},
	})
}

// Memory is what a process has allocated.
type Memory struct{ Objects, Bytes uint64 }

// Allocated returns what a process of the command served has allocated so far.
func Allocated(ctx context.Context, served *proctest.Process) (Memory, error) {
	var m Memory
	text, err := get(ctx, served, "/debug/memory")
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(text, &m)
}

// Profile writes a profile of the processor time of the command served, of the time
// from now, to a file.
func Profile(ctx context.Context, served *proctest.Process, during time.Duration, path string) error {
	text, err := get(ctx, served, "/debug/profile?seconds="+strconv.Itoa(int(during.Seconds())))
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

func get(ctx context.Context, served *proctest.Process, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+served.Addr()+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", path, err)
	}
	return text, nil
}
