package httpapi

import (
	"net/http"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// maxRates bounds the callers whose rates are remembered.
const maxRates = 10_000

// Rates bounds how often each caller does something.
type Rates struct {
	each  rate.Limit
	burst int

	mu  sync.Mutex
	all *simplelru.LRU[string, *rate.Limiter]
}

// NewRates returns a Rates of each times a second and burst at once; 0 is no bound.
func NewRates(each float64, burst int) *Rates {
	all, err := simplelru.NewLRU[string, *rate.Limiter](maxRates, nil)
	if err != nil {
		panic(err) // a mistake of the programmer
	}
	return &Rates{each: rate.Limit(each), burst: burst, all: all}
}

// Take reports whether a caller may do it now. Otherwise it answers 429.
func (r *Rates) Take(w http.ResponseWriter, caller string) bool {
	if r.each == 0 || r.of(caller).Allow() {
		return true
	}
	w.Header().Set("Retry-After", "1")
	Refuse(w, http.StatusTooManyRequests, "too many requests of this caller (START_RATE)")
	return false
}

func (r *Rates) of(caller string) *rate.Limiter {
	r.mu.Lock()
	defer r.mu.Unlock()
	limiter, ok := r.all.Get(caller)
	if !ok {
		limiter = rate.NewLimiter(r.each, r.burst)
		r.all.Add(caller, limiter)
	}
	return limiter
}

// StatusRecorder is a ResponseWriter that remembers the status.
type StatusRecorder struct {
	http.ResponseWriter

	status int
}

// WriteHeader implements http.ResponseWriter.
func (s *StatusRecorder) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
	s.ResponseWriter.WriteHeader(status)
}

// Status returns the status of the answer, 200 if none was set.
func (s *StatusRecorder) Status() int {
	if s.status == 0 {
		return http.StatusOK
	}
	return s.status
}

// Unwrap returns the wrapped writer, for http.ResponseController.
func (s *StatusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }
