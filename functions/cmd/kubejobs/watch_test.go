package main

import (
	"bytes"
	"strings"
	"testing"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// A shared queue is said once, and again when other jobs share it.
func TestWatchWarnsOfASharedQueue(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := &watcher{screen: screen{out: &out}}
	for _, shared := range []monitor.Sharing{
		{},
		{SharedWith: []job.ID{"b"}, SharedCount: 1},
		{SharedWith: []job.ID{"b"}, SharedCount: 1},
		{SharedWith: []job.ID{"b", "c", "d"}, SharedCount: 5},
		{},
		{},
		{SharedWith: []job.ID{"b"}, SharedCount: 1},
	} {
		w.show(answer{Status: monitor.Status{ID: "a", Phase: job.PhaseRunning, Sharing: shared}})
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		if rest, ok := strings.CutPrefix(line, "warning: a list of the queue is also used by the living "); ok {
			got = append(got, strings.TrimSpace(rest))
		}
	}
	if want := "job b; jobs b, c, d and 2 more; job b"; strings.Join(got, "; ") != want {
		t.Errorf("warned of %q, want %q, in\n%s", got, want, out.String())
	}
}
