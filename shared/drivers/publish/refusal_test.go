package publish_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

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
		"of an address":                  {8, failure.InvalidField("url", "is not allowed")},
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

// A notice of which an event was refused for good has failed, and says which, even if
// the events after it arrive with a second attempt. The refused one is not sent again.
func TestRefusedEventThenAnAbsence(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var sent []int64 // sequences of the first event of each call
	for name, second := range map[string]error{"that ends": nil, "that lasts": errUnreachable} {
		t.Run(name, func(t *testing.T) {
			p := &flaky{name: "p", fault: func(call int, n monitor.Notice) (int, error) {
				mu.Lock()
				defer mu.Unlock()
				sent = append(sent, n.Events[0].Sequence)
				if call == 1 {
					return 1, publish.Refused([]error{errRefused}, errUnreachable)
				}
				return 0, second
			}}
			sent = nil
			f := newFan(t, publish.Options{}, publish.Entry{Publisher: p})
			d := f.Broadcast(t.Context(), notice("x", 1, job.Event{Sequence: 1}, job.Event{Sequence: 2}))[0]
			want := 2
			if second != nil {
				want = 1
			}
			if d.Outcome != monitor.DeliveryFailed || !errors.Is(d.Err, errRefused) || len(d.Refused) != 1 || d.Acknowledged != want {
				t.Errorf("got %+v, want failed with the refusal and %d acknowledged", d, want)
			}
			if diff := cmp.Diff([]int64{1, 2}, sent); diff != "" {
				t.Errorf("first events of the attempts (-want +got):\n%s", diff)
			}
		})
	}
}
