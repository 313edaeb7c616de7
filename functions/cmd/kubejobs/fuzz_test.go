package main

import (
	"strings"
	"testing"

	"kubejobs/functions/cmd/kubejobs/internal/arguments"
)

// A line of a filter is refused in one line, or it is within its bounds.
func FuzzLine(f *testing.F) {
	for _, text := range []string{
		`{"timestamp":1000,"job_progress":0.5,"replicas":1,"parallelism":2,"items":9}`, `{"at":"2026-11-24T05:41:07Z","job_progress":1,"replicas":0}`,
		`{"timestamp":-1}`, `{"timestamp":1e999}`, `[]`, `null`, `{"items":0}`, "\xff", `{"timestamp":0.5,"job_progress":-0,"replicas":1e9}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePoint([]byte(text), 7)
		switch {
		case err != nil && strings.Contains(err.Error(), "\n"):
			t.Errorf("%q is refused in several lines: %v", text, err)
		case err != nil:
		case p.At < 0 || p.At > arguments.LastMoment.UnixMilli(), p.Items < 1 || p.Items > arguments.MaxItems, !(p.Done >= 0 && p.Done <= float64(p.Items)),
			p.Working < 0 || p.Working > maxReplicas, p.Asked < 0 || p.Asked > maxReplicas:
			t.Errorf("%q is read as %+v", text, p)
		}
	})
}
