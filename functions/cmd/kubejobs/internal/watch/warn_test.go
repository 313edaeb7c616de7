package watch

import (
	"bytes"
	"strings"
	"testing"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// A warning of the server is said once, and again after it was gone.
func TestWatchSaysWarnings(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := newWatcher(nil, &out, []job.ID{"x"})
	for _, warnings := range [][]string{nil, {"a"}, {"a"}, {"a", "b\x1b[2J"}, nil, {"a"}} {
		if err := w.takeJob(monitor.Status{ID: "x", Phase: job.PhaseRunning, Warnings: warnings}); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		if text, ok := strings.CutPrefix(line, "warning: "); ok {
			got = append(got, strings.TrimSpace(text))
		}
	}
	if want := "a, b [2J, a"; strings.Join(got, ", ") != want {
		t.Errorf("warned of %q, want %q", got, want)
	}
}
