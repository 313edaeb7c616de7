package functions

import (
	"net/http"
	"strings"

	"kubejobs/shared/drivers/tickbatch"
	"kubejobs/shared/platform/httpapi"
)

// limited bounds the requests in progress, MAX_REQUESTS of events and as many calls: a
// burst of ticks, whose sender repeats them, must refuse no start. Probes and metrics have
// no bound, and streams one of their own. next serves them all.
func (s *Set) limited(next http.Handler) http.Handler {
	events, calls := httpapi.AtMost(s.cfg.MaxRequests, next), httpapi.AtMost(s.cfg.MaxRequests, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/health/"), r.URL.Path == "/metrics", isStream(r):
			next.ServeHTTP(w, r)
		case httpapi.IsEvent(r), r.URL.Path == "/"+tickbatch.Path:
			events.ServeHTTP(w, r)
		default:
			calls.ServeHTTP(w, r)
		}
	})
}

func isStream(r *http.Request) bool {
	return r.URL.Path == "/overview/events" || strings.HasPrefix(r.URL.Path, "/monitoring/") && strings.HasSuffix(r.URL.Path, "/events")
}
