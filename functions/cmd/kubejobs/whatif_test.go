package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"kubejobs/functions/cmd/kubejobs/internal/exit"
	"kubejobs/shared/monitor"
	"kubejobs/tests/world"
)

// execute runs the program, and returns its output, and what is wrong.
func execute(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(strings.NewReader(""))
	root.SetOut(&out)
	root.SetErr(&out)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// With an id forecast asks the server what if.
func TestForecastAsksTheServer(t *testing.T) {
	t.Parallel()
	w := world.Open(t, map[string]string{"TICK_SPACING": "0"}, world.Options{})
	w.Fill(40, 0, 0)
	w.Start("a", `"expected_time":60`)
	for i := range 8 {
		w.Fill(40-2*i-4, 4, 2*i)
		w.Pass(2 * time.Second)
		w.Tick("a")
	}
	for deadline, want := range map[string]time.Duration{"30m": 30 * time.Minute, "90.5": 90*time.Second + 500*time.Millisecond, "2026-11-24T13:00:00Z": time.Hour} {
		out, err := execute(t, "forecast", "a", "--server", w.URL, "--replicas", "8", "--deadline", deadline, "--confidence=.5", "-o", "json")
		if err != nil {
			t.Fatal(err)
		}
		var got monitor.Prospect
		if err := json.Unmarshal([]byte(out), &got); err != nil || got.Deadline.Sub(w.Now().Add(-16*time.Second)) != want || got.Forecast.Replicas != 8 || got.Forecast.Confidence != .5 {
			t.Errorf("--deadline %s: %s, %v", deadline, out, err)
		}
	}
	out, err := execute(t, "forecast", "--server", w.URL, "a")
	if err != nil || !strings.Contains(out, "P(miss)") || !strings.Contains(out, "P(IN TIME)") {
		t.Errorf("%s, %v", out, err)
	}
	if _, err := execute(t, "forecast", "b", "--server", w.URL); exit.Of(err) != int(exit.NotFound) {
		t.Errorf("of an unknown job: %v", err)
	}
}

// The two forms of forecast are not mixed up.
func TestForecastForms(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"a.ndjson --deadline 1":                           "id: want a DNS label",
		"a --replicas 0 --deadline soon --confidence 2":   "--replicas: want a whole number from 1 to 10000",
		"a --deadline soon":                               "--deadline: want RFC 3339, or a time from the submission",
		"--items 1 --deadline 1 --server http://x -o csv": "--server: only with the id of a job and without --items; --output: only with",
		"-":   "--deadline: required; --items: required",
		"a b": "--deadline: required; --items: required; want at most one file, got 2",
	} {
		if out, err := execute(t, append([]string{"forecast"}, strings.Fields(args)...)...); exit.Of(err) != 2 || !strings.Contains(err.Error(), want) || out != "" {
			t.Errorf("forecast %s: %v, want %q; %s", args, err, want, out)
		}
	}
}
