package functions

import (
	"context"
	"net/http"
	"sync"

	"kubejobs/functions/forecast"
	"kubejobs/functions/overview"
	"kubejobs/functions/samples"
	"kubejobs/functions/session"
	"kubejobs/functions/stream"
	"kubejobs/shared/core/caller"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/platform/auth"
	"kubejobs/shared/platform/httpapi"
)

// streams holds the options of the streams and the function that ends them, and the
// sweeps.
type streams struct {
	options stream.Options
	end     func()
}

func newStreams(o stream.Options) streams {
	ending := make(chan struct{})
	o.Ending = ending
	if o.Slots == nil {
		o.Slots = httpapi.NewSlots(httpapi.DefaultStreams)
	}
	return streams{o, sync.OnceFunc(func() { close(ending) })}
}

// EndStreams ends every stream, and every sweep too, which would otherwise delay the end of
// the server.
func (s *Set) EndStreams() { s.streams.end() }

// errEnding is the answer to a request that EndStreams ends.
var errEnding = failure.Unavailable("the server is ending", nil)

// endable returns a handler whose requests EndStreams cancels, with errEnding as the
// cause.
func (s *Set) endable(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancelCause(r.Context())
		defer cancel(nil)
		go func() {
			select {
			case <-s.streams.options.Ending:
				cancel(errEnding)
			case <-ctx.Done():
			}
		}()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// addOverview adds the functions that show many jobs.
func (s *Set) addOverview(mux *routes) {
	o := s.streams.options
	follow := overview.NewStream(s.service, overview.Options{
		Poll: o.MaxPoll, Length: o.Length, Retry: o.Retry, Heartbeat: o.Heartbeat, Slots: o.Slots, Ending: o.Ending,
	}, s.log)
	mux.Handle("/overview", httpapi.Methods{http.MethodGet: s.reads(httpapi.Compress(overview.New(s.service, s.log)))})
	mux.Handle("/overview/events", httpapi.Methods{http.MethodGet: s.reads(follow)})
}

// addSession adds what tells a browser who its reader is.
func (s *Set) addSession(mux *routes) {
	o := session.Options{Cookie: auth.Cookie, Log: s.log}
	if !s.access.gate.Open() {
		o.Identify = func(r *http.Request) (caller.Caller, error) { return s.access.gate.Caller(r, caller.RoleRead) }
	}
	mux.Handle("/session", session.New(o))
}

// addSamples adds the functions that read a job's samples: as pages, as a stream, or what
// follows from them.
func (s *Set) addSamples(mux *routes) {
	for path, handler := range map[string]http.Handler{
		"samples":        httpapi.Compress(samples.New(s.service, s.log)),
		"samples.ndjson": httpapi.Compress(samples.NewAs(samples.NDJSON, s.service, s.log)),
		"samples.csv":    httpapi.Compress(samples.NewAs(samples.CSV, s.service, s.log)),
		"forecast":       forecast.New(s.service, s.log),
		"events":         stream.New(s.service, s.streams.options, s.log),
	} {
		mux.Handle("/monitoring/{id}/"+path, httpapi.Methods{http.MethodGet: s.reads(handler)})
	}
}
