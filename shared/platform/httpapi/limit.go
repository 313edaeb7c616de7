package httpapi

import (
	"context"
	"net/http"
	"time"
)

// Room bounds requests in progress.
type Room struct {
	Serve    int           // requests that are served at a time
	Wait     int           // further ones that may wait until one of them ends
	Patience time.Duration // longest wait
}

// AtMost serves as many requests at a time as there is room for, and lets some more wait.
// All others are answered with 503 at once, those that waited too long then: waiting here
// without bounds, they would fill the memory and be answered too late.
func AtMost(room Room, next http.Handler) http.Handler {
	p := places{served: make(chan struct{}, room.Serve), waiting: make(chan struct{}, room.Wait), patience: room.Patience}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.take(r.Context()) {
			w.Header().Set("Retry-After", "1")
			Refuse(w, http.StatusServiceUnavailable, "too many requests at once")
			return
		}
		defer func() { <-p.served }()
		next.ServeHTTP(w, r)
	})
}

// places are those of requests that are served and of those that wait.
type places struct {
	served, waiting chan struct{}
	patience        time.Duration
}

// take takes a place among the served requests, and reports whether there was one.
func (p places) take(ctx context.Context) bool {
	select {
	case p.served <- struct{}{}:
		return true
	default:
	}
	select {
	case p.waiting <- struct{}{}:
		defer func() { <-p.waiting }()
	default:
		return false
	}
	patience := time.NewTimer(p.patience)
	defer patience.Stop()
	select {
	case p.served <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	case <-patience.C:
		return false
	}
}
