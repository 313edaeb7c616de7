package functions

import (
	"net/http"
	"strings"
	"time"

	"kubejobs/shared/drivers/tickbatch"
	"kubejobs/shared/platform/httpapi"
)

// callPatience is how long a call waits while MAX_REQUESTS others are served: a Manager
// that starts 1,000 jobs at once repeats none of them.
const callPatience = 10 * time.Second

// limited bounds the requests in progress, MAX_REQUESTS of events and as many calls: a
// burst of ticks, whose sender repeats them, must refuse no start. Twice as many calls may
// wait. Probes and metrics have no bound, and streams one of their own. next serves them all.
func (s *Set) limited(next http.Handler) http.Handler {
	most := s.cfg.MaxRequests
	events := httpapi.AtMost(httpapi.Room{Serve: most}, next)
	calls := httpapi.AtMost(httpapi.Room{Serve: most, Wait: 2 * most, Patience: callPatience}, next)
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
