package bench_test

import (
	"cmp"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// part is a part of the processor time.
type part struct {
	name    string
	percent float64
}

// profile is where processor time went, the largest part first.
type profile struct{ groups, functions []part }

// groups are prefixes of functions' names, and what they belong to. The first that fits
// counts.
var groups = []struct{ prefix, name string }{
	{"internal/runtime/syscall", "system calls: the network, and waiting for it"},
	{"syscall.", "system calls: the network, and waiting for it"},
	{"internal/poll.", "system calls: the network, and waiting for it"},
	{"runtime.futex", "system calls: waking and parking threads"},
	{"runtime.epoll", "system calls: the network, and waiting for it"},
	{"runtime.", "Go's runtime: scheduler, memory, garbage"},
	{"internal/runtime/", "Go's runtime: scheduler, memory, garbage"},
	{"sync", "Go's runtime: scheduler, memory, garbage"},
	{"internal/sync", "Go's runtime: scheduler, memory, garbage"},
	{"context.", "contexts and timers"},
	{"time.", "contexts and timers"},
	{"net/http", "net/http"},
	{"net/textproto", "net/http"},
	{"net", "net/http"},
	{"bufio.", "net/http and go-redis: buffers"},
	{"encoding/json", "JSON"},
	{"reflect.", "JSON"},
	{"encoding", "JSON"},
	{"github.com/redis/", "go-redis"},
	{"github.com/cloudevents/", "CloudEvents"},
	{"go.opentelemetry.io/", "telemetry"},
	{"github.com/prometheus/", "telemetry"},
	{"kubejobs/shared/platform/telemetry.", "telemetry"},
	{"kubejobs/shared/core/", "kubejobs: core"},
	{"kubejobs/shared/drivers/", "kubejobs: drivers"},
	{"kubejobs/", "kubejobs: the rest"},
	{"log/slog", "logs"},
	{"fmt.", "texts: fmt, strconv, strings"},
	{"str", "texts: fmt, strconv, strings"},
	{"unicode", "texts: fmt, strconv, strings"},
}

const otherGroup = "the rest"

// readProfile reads a profile with `go tool pprof -top`.
func readProfile(t *testing.T, path string) profile {
	t.Helper()
	out, err := exec.Command("go", "tool", "pprof", "-top", "-nodecount=100000", "-nodefraction=0", path).Output()
	if err != nil {
		t.Fatalf("go tool pprof: %v", err)
	}
	p := parseProfile(string(out))
	if len(p.functions) < 10 {
		t.Fatalf("the profile holds %d functions:\n%.2000s", len(p.functions), out)
	}
	return p
}

// parseProfile sums the lines of a profile, `flat flat% sum% cum cum% name`.
func parseProfile(top string) profile {
	var p profile
	sums := map[string]float64{}
	for line := range strings.Lines(top) {
		fields := strings.Fields(line)
		if len(fields) < 6 || !strings.HasSuffix(fields[1], "%") {
			continue
		}
		percent, err := strconv.ParseFloat(strings.TrimSuffix(fields[1], "%"), 64)
		if err != nil {
			continue // the heading
		}
		name := strings.TrimSuffix(strings.Join(fields[5:], " "), " (inline)")
		p.functions = append(p.functions, part{name, percent})
		sums[groupOf(name)] += percent
	}
	for name, percent := range sums {
		p.groups = append(p.groups, part{name, percent})
	}
	for _, parts := range [][]part{p.groups, p.functions} {
		slices.SortFunc(parts, func(a, b part) int {
			return cmp.Or(cmp.Compare(b.percent, a.percent), cmp.Compare(a.name, b.name))
		})
	}
	return p
}

// groupOf returns what a function belongs to.
func groupOf(name string) string {
	for _, group := range groups {
		if strings.HasPrefix(name, group.prefix) {
			return group.name
		}
	}
	return otherGroup
}
