package publish_test

import (
	"errors"
	"testing"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/publish"
	"kubejobs/shared/monitor"
)

// A refusal is an answer: it opens no circuit, is shown, is not sent again and does
// not wait, and what the destination takes arrives in between.
func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		queue int
		err   error
	}{
		"of a publisher without a queue": {0, errRefused},
		"of a publisher with a queue":    {8, errRefused},
		"of an address":                  {8, failure.Invalid(failure.FieldError{Field: "url", Problem: "is not allowed"})},
		"of this program's own":          {0, errors.New("encode: NaN")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &flaky{name: "p", fault: func(_ int, n monitor.Notice) (int, error) {
				if n.Spec.ID == "sick" {
					return 0, tt.err
				}
				return 0, nil
			}}
			f := newFan(t, publish.Options{}, publish.Entry{Publisher: p, Queue: tt.queue})
			for at := range int64(10) {
				for range 5 {
					sick := notice("x", at)
					sick.Spec.ID = "sick"
					if d := f.Broadcast(t.Context(), sick)[0]; d.Outcome != monitor.DeliveryFailed || !errors.Is(d.Err, tt.err) {
						t.Fatalf("refused notice: %+v, want failed with %v", d, tt.err)
					}
				}
				if d := f.Broadcast(t.Context(), notice("x", at))[0]; d.Outcome != monitor.DeliveryDone {
					t.Fatalf("notice %d: %+v, want delivered", at, d)
				}
			}
			if calls, taken := p.got(); calls != 60 || len(taken) != 10 {
				t.Errorf("%d calls, %d notices taken, want each of 60 sent once and 10 taken", calls, len(taken))
			}
			if got := f.Circuits()[0]; got != (monitor.Circuit{Publisher: "p"}) {
				t.Errorf("circuits %+v, want none open and nothing queued", got)
			}
		})
	}
}

// The error of an open circuit is that of the absence that opened it.
func TestOpenCircuitNamesTheAbsence(t *testing.T) {
	t.Parallel()
	p := &flaky{name: "p", fault: func(call int, _ monitor.Notice) (int, error) {
		if call == 1 {
			return 0, errRefused
		}
		return 0, errUnreachable
	}}
	f := newFan(t, publish.Options{}, publish.Entry{Publisher: p})
	for at := range int64(3) {
		f.Broadcast(t.Context(), notice("x", at, job.Event{Sequence: 1}))
	}
	if d := f.Broadcast(t.Context(), notice("x", 3))[0]; d.Outcome != monitor.DeliverySkipped || !errors.Is(d.Err, errUnreachable) {
		t.Errorf("got %+v, want skipped after %v", d, errUnreachable)
	}
}
