package job_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/accounting"
	"kubejobs/shared/core/job"
)

func TestNew(t *testing.T) {
	t.Parallel()
	spec := newSpec()
	outbox := []job.Event{{Job: "a", Life: 1, Sequence: 9, Kind: job.EventStopped}}
	want := job.State{
		Phase: job.PhasePending, WorkSeen: true, Outbox: outbox,
		Ticks: accounting.New(spec.Schedule(), spec.Accepted),
	}
	if diff := cmp.Diff(want, job.New(spec, true, outbox)); diff != "" {
		t.Errorf("New (-want +got):\n%s", diff)
	}
}

func TestPhases(t *testing.T) {
	t.Parallel()
	undelivered := []job.Event{{}}
	tests := map[job.Phase]struct{ living bool }{
		job.PhasePending:  {true},
		job.PhaseRunning:  {true},
		job.PhaseFinished: {false},
		job.PhaseFailed:   {false},
		job.PhaseStopped:  {false},
	}
	for phase, tt := range tests {
		t.Run(string(phase), func(t *testing.T) {
			t.Parallel()
			if !phase.Valid() {
				t.Error("Valid() = false, want true")
			}
			if got := phase.Living(); got != tt.living {
				t.Errorf("Living() = %t, want %t", got, tt.living)
			}
			if got := (job.State{Phase: phase}).Listed(); got != tt.living {
				t.Errorf("Listed() = %t without events, want %t", got, tt.living)
			}
			if !(job.State{Phase: phase, Outbox: undelivered}).Listed() {
				t.Error("Listed() = false with an undelivered event, want true")
			}
			if !(job.State{Phase: phase, Unpushed: "t1"}).Listed() {
				t.Error("Listed() = false with a sample that was not pushed, want true")
			}
		})
	}
}

func TestPhaseValid(t *testing.T) {
	t.Parallel()
	for _, phase := range []job.Phase{"", "Running", "done"} {
		if phase.Valid() {
			t.Errorf("%q is valid", phase)
		}
	}
}

func TestEnded(t *testing.T) {
	t.Parallel()
	before := job.State{Phase: job.PhaseRunning, WorkSeen: true, Failures: 2, LastError: "refused"}
	want := before
	want.Phase, want.Reason, want.EndedAt = job.PhaseFailed, "too old", start.UnixMilli()+1500
	if diff := cmp.Diff(want, before.Ended(job.PhaseFailed, "too old", start.Add(1500*time.Millisecond))); diff != "" {
		t.Errorf("Ended (-want +got):\n%s", diff)
	}
}
