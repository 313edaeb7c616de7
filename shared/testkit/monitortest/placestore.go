package monitortest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// of returns the spec of a caller's job.
func of(caller string, id job.ID) job.Spec {
	spec := Spec(id, "f")
	spec.Caller = caller
	return spec
}

// takePlace takes a place at Start and expects a result.
func takePlace(t *testing.T, store monitor.Store, spec job.Spec, most, perCaller int, want monitor.PlaceResult) {
	t.Helper()
	if got, err := store.TakePlace(t.Context(), spec, most, perCaller, Start); err != nil || got != want {
		t.Errorf("TakePlace of %s for %q = %v, %v, want %v", spec.ID, spec.Caller, got, err, want)
	}
}

func leavePlace(t *testing.T, store monitor.Store, spec job.Spec) {
	t.Helper()
	if err := store.LeavePlace(t.Context(), spec); err != nil {
		t.Error(err)
	}
}

func testPlaces(t *testing.T, store monitor.Store) {
	t.Helper()
	a, b, c := Spec("a", "f"), Spec("b", "f"), Spec("c", "f")
	leavePlace(t, store, a) // it has none
	takePlace(t, store, a, 2, 0, monitor.PlaceTaken)
	takePlace(t, store, b, 2, 0, monitor.PlaceTaken)
	takePlace(t, store, a, 2, 0, monitor.PlaceTaken) // it has one
	takePlace(t, store, c, 2, 0, monitor.PlaceAllTaken)
	takePlace(t, store, later(a), 2, 0, monitor.PlaceAllTaken) // another life
	takePlace(t, store, c, 0, 0, monitor.PlaceTaken)           // no limit
	takePlace(t, store, Spec("d", "f"), 2, 0, monitor.PlaceAllTaken)
	leavePlace(t, store, a)
	leavePlace(t, store, a)
	leavePlace(t, store, later(b)) // another life
	takePlace(t, store, a, 2, 0, monitor.PlaceAllTaken)
	leavePlace(t, store, b)
	takePlace(t, store, a, 2, 0, monitor.PlaceTaken)
}

func testPlacesOfACaller(t *testing.T, store monitor.Store) {
	t.Helper()
	const long, short, other = "10.0.0.10", "10.0.0.1", "fd00::/64"
	takePlace(t, store, of(long, "a"), 9, 1, monitor.PlaceTaken)
	takePlace(t, store, of(short, "b"), 9, 1, monitor.PlaceTaken)
	takePlace(t, store, of(other, "c"), 9, 1, monitor.PlaceTaken)
	takePlace(t, store, of("", "d"), 9, 1, monitor.PlaceTaken)
	for n, caller := range []string{long, short, other, ""} {
		id := job.ID(fmt.Sprintf("more-%d", n))
		takePlace(t, store, of(caller, id), 9, 1, monitor.PlaceCallerTaken)
		takePlace(t, store, of(caller, id), 4, 1, monitor.PlaceAllTaken)
	}
	leavePlace(t, store, of(short, "b"))
	takePlace(t, store, of(long, "b"), 9, 1, monitor.PlaceCallerTaken)
	takePlace(t, store, of(short, "b"), 9, 1, monitor.PlaceTaken)
	takePlace(t, store, of(other, "e"), 9, 2, monitor.PlaceTaken)
}

func testFreePlaces(t *testing.T, store monitor.Store) {
	t.Helper()
	const dead = 2500 // more than are freed at once
	var left []job.Spec
	for n := range dead {
		left = append(left, Spec(job.ID(fmt.Sprintf("dead-%d", n)), "f"))
	}
	living := Spec("living", "f")
	if err := store.HoldPlaces(t.Context(), append(left, living), Start); err != nil {
		t.Fatal(err)
	}
	takePlace(t, store, living, 1, 1, monitor.PlaceTaken) // it has one
	takePlace(t, store, Spec("a", "f"), 1, 0, monitor.PlaceAllTaken)
	takePlace(t, store, Spec("a", "f"), 0, 1, monitor.PlaceCallerTaken)
	swept := Start.Add(time.Minute)
	if err := store.HoldPlaces(t.Context(), []job.Spec{living}, swept); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{dead, 0} {
		if got, err := store.FreePlaces(t.Context(), swept); err != nil || got != want {
			t.Errorf("FreePlaces = %d, %v, want %d", got, err, want)
		}
	}
	takePlace(t, store, Spec("a", "f"), 2, 2, monitor.PlaceTaken)
	takePlace(t, store, Spec("b", "f"), 2, 0, monitor.PlaceAllTaken)
	takePlace(t, store, Spec("b", "f"), 0, 2, monitor.PlaceCallerTaken)
}

func testConcurrentPlaces(t *testing.T, store monitor.Store) {
	t.Helper()
	const callers, most, perCaller = 50, 20, 15
	results := make(chan error, callers)
	for n := range callers {
		go func() {
			got, err := store.TakePlace(t.Context(), of("c", job.ID(fmt.Sprintf("job-%d", n))), most, perCaller, Start)
			if err == nil && got != monitor.PlaceTaken {
				err = errTaken
			}
			results <- err
		}()
	}
	taken := 0
	for range callers {
		if err := <-results; err == nil {
			taken++
		} else if !errors.Is(err, errTaken) {
			t.Error(err)
		}
	}
	if taken != perCaller {
		t.Errorf("%d places were taken, want %d", taken, perCaller)
	}
}

var errTaken = errors.New("no place")
