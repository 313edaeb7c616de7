package control_test

import (
	"fmt"
	"io"
	"testing"
)

const head = `# What the policy reaches

Made by ` + "`make calibration`" + ` (minutes). Simulated jobs, seeded, %d a scenario: 200 to 2,000 items of 2 to 15 s on average, a
maximum of 8 to 40 replicas that take U(0, 20) s to start, a decision each 2 s, and a deadline of 1.1, 1.25, 1.5, 2 or 3 times what the
maximum takes. The oracle is the cheapest constant number of replicas that meets the deadline of the very same job. "Above" is
the share of the replica-seconds above its number. Replica-seconds are those of every pod, also while it starts or is idle.

## Policies, killing

The original Controller's default scheduler is the best of 8 settings and its PID scheduler the best of 192 gains (proportional,
integral, derivative), with a progress error each tick: fewest deadlines missed in 20 jobs a scenario.

| policy | missed | replica-seconds / oracle | above | changes a job |
|---|---|---|---|---|
`

const reachedHead = `
## Reached

At a confidence of 0.9, with unchanged settings. In brackets: what must be reached. "Calm" are the scenarios with a CV up to 1
and at most one disturbance.

| | missed | worst scenario | calm | replica-seconds / oracle | above | changes a job |
|---|---|---|---|---|---|---|
`

const lastNote = `
## Items of killed replicas taken last

Elsewhere in this file, a killed replica's item is the next that is taken. If it goes to the end of the queue
instead, long items are begun last, and jobs with the least slack miss more.
`

func (f figures) cells() string {
	return fmt.Sprintf("%.2f %% | %.3f | %.1f %% | %.2f", 100*f.missed, f.seconds, 100*f.above, f.changes)
}

func byPolicy(w io.Writer, results []result) {
	for _, r := range results {
		fmt.Fprintf(w, "| %s | %s |\n", r.name, r.pooled.cells())
	}
}

func byScenario(w io.Writer, r result) {
	fmt.Fprintf(w, "\n### By scenario: %s\n\n", r.name)
	fmt.Fprint(w, "| scenario | missed | replica-seconds / oracle | above | changes a job |\n|---|---|---|---|---|\n")
	for i, f := range r.by {
		fmt.Fprintf(w, "| %s | %s |\n", scenarios[i].name, f.cells())
	}
	fmt.Fprintf(w, "| pooled | %s |\n", r.pooled.cells())
}

// limits returns the figures of a result, the bounds on them, and how they are written.
func (b bound) limits(r result) []limit {
	return []limit{
		{"missed", r.pooled.missed, b.missed, 100, "%.2f %%"},
		{"worst scenario", r.worst(), b.worst, 100, "%.2f %%"},
		{"calm", r.calm.missed, b.calm, 100, "%.2f %%"},
		{"replica-seconds", r.pooled.seconds, b.seconds, 1, "%.3f"},
		{"above", r.pooled.above, b.above, 100, "%.1f %%"},
		{"changes", r.pooled.changes, b.changes, 1, "%.2f"},
	}
}

type limit struct {
	name             string
	got, most, scale float64
	format           string
}

func (b bound) row(w io.Writer, r result) {
	fmt.Fprintf(w, "| %s |", b.name)
	for _, l := range b.limits(r) {
		fmt.Fprintf(w, " "+l.format, l.scale*l.got)
		if l.most > 0 {
			fmt.Fprintf(w, " (%v)", l.scale*l.most)
		}
		fmt.Fprint(w, " |")
	}
	fmt.Fprintln(w)
}

func (b bound) check(t *testing.T, r result) {
	t.Helper()
	for _, l := range b.limits(r) {
		if l.most > 0 && l.got > l.most {
			t.Errorf("%s: %s is %v, want at most %v", b.name, l.name, l.got, l.most)
		}
	}
}
