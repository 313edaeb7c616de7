package functions

import (
	"log/slog"
	"net/http"

	"golang.org/x/time/rate"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/platform/httpapi"
)

// Actions of audit lines.
const (
	actionStart = "start"
	actionStop  = "stop"
)

// Refusals that are logged in a second and at once: whoever has no token must not fill the
// log.
const (
	refusalsEachSecond = 5
	refusalsAtOnce     = 50
)

// audit logs who did what. No line has a secret: of a request it has the id of the job, and
// of the caller the name and the address.
type audit struct {
	log      *slog.Logger
	proxies  int
	refusals *rate.Limiter
}

func newAudit(log *slog.Logger, proxies int) *audit {
	return &audit{log: log, proxies: proxies, refusals: rate.NewLimiter(refusalsEachSecond, refusalsAtOnce)}
}

// record logs an action and the status of its answer.
func (a *audit) record(r *http.Request, action, who string, status int) {
	a.log.InfoContext(r.Context(), "audit", "action", action, "job", failure.Clean(r.PathValue("id")),
		"caller", who, "address", httpapi.Caller(r, a.proxies), "status", status)
}

// refusal logs an action of a caller who may not do it, unless there are too many of them.
func (a *audit) refusal(r *http.Request, action, who string, err error) {
	if a.refusals.Allow() {
		a.log.WarnContext(r.Context(), "audit: refused", "action", action, "job", failure.Clean(r.PathValue("id")),
			"caller", who, "address", httpapi.Caller(r, a.proxies), "reason", string(failure.KindOf(err)))
	}
}
