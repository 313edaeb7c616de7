package httpapi

import "net/http"

// Slots bounds how many streams an instance has at once.
type Slots chan struct{}

// DefaultStreams is the maximum number of streams at once. A stream occupies one of the
// requests that Knative allows an instance at a time (containerConcurrency, 50): ten
// are left for the other calls, and before it is reached, at 0.7 × 50 = 35, Knative
// starts another instance.
const DefaultStreams = 40

// NewSlots returns n slots.
func NewSlots(n int) Slots { return make(Slots, n) }

// Take takes a slot, which the caller gives back with Give. Without a free one it answers 503
// and returns false.
func (s Slots) Take(w http.ResponseWriter) bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		w.Header().Set("Retry-After", "1")
		Refuse(w, http.StatusServiceUnavailable, "too many streams at once")
		return false
	}
}

// Give gives a slot back.
func (s Slots) Give() { <-s }
