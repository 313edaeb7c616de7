package rig

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Counters are what redis-servers counted.
type Counters struct {
	Commands    int // also those that scripts run
	Reads       int // from sockets: one for each round trip of a client
	Connections int // accepted
}

// Counters returns the sums over the redis-servers. Between two calls each of them counts
// one command and one read of the second.
func (r *Rig) Counters() Counters {
	r.tb.Helper()
	var c Counters
	for _, client := range r.clients {
		info, err := client.Info(r.tb.Context(), "stats").Result()
		if err != nil {
			r.tb.Fatal(err)
		}
		c.Commands += number(r.tb, info, "total_commands_processed:")
		c.Reads += number(r.tb, info, "total_reads_processed:")
		c.Connections += number(r.tb, info, "total_connections_received:")
	}
	return c
}

// Since returns what was counted since before, without the calls of Counters themselves.
func (r *Rig) Since(before Counters) Counters {
	r.tb.Helper()
	now := r.Counters()
	return Counters{
		now.Commands - before.Commands - len(r.clients), now.Reads - before.Reads - len(r.clients),
		now.Connections - before.Connections,
	}
}

// number returns the number behind a label, which begins a line of text.
func number(tb testing.TB, text, label string) int {
	tb.Helper()
	for line := range strings.Lines(text) {
		if value, found := strings.CutPrefix(line, label); found {
			value, _, _ = strings.Cut(strings.TrimSpace(value), " ")
			n, err := strconv.Atoi(value)
			if err != nil {
				tb.Fatal(err)
			}
			return n
		}
	}
	tb.Fatalf("there is no line %s in %.200q", label, text)
	return 0
}

// processorTime returns the processor time, user and system, that the threads of processes
// used: by schedstat, which counts nanoseconds. Those of /proc/PID/stat are 10 ms.
func processorTime(tb testing.TB, pids ...int) time.Duration {
	tb.Helper()
	var sum time.Duration
	for _, pid := range pids {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		if err != nil || len(threads) == 0 {
			tb.Fatalf("the kernel tells no processor time of process %d: %v", pid, err)
		}
		for _, thread := range threads {
			sum += threadTime(tb, thread)
		}
	}
	return sum
}

// threadTime returns the processor time of a thread: the first number of its schedstat.
func threadTime(tb testing.TB, path string) time.Duration {
	tb.Helper()
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0 // it has ended
	}
	used, _, _ := strings.Cut(string(text), " ")
	n, parseErr := strconv.ParseInt(used, 10, 64)
	if err := errors.Join(err, parseErr); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(n)
}

// resident returns the bytes of memory that a process has in use now.
func resident(tb testing.TB, pid int) int {
	tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		tb.Fatal(err)
	}
	return number(tb, string(text), "VmRSS:\t") << 10
}
