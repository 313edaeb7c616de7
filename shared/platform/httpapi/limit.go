package httpapi

import "net/http"

// AtMost serves at most most requests at a time. Others are answered with 503 at once:
// waiting here, they would fill the memory and be answered too late.
func AtMost(most int, next http.Handler) http.Handler {
	places := make(chan struct{}, most)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			next.ServeHTTP(w, r)
		default:
			w.Header().Set("Retry-After", "1")
			Refuse(w, http.StatusServiceUnavailable, "too many requests at once")
		}
	})
}
