package functions

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"kubejobs/functions/jobstatus"
	"kubejobs/functions/plugins"
	"kubejobs/functions/report"
	"kubejobs/functions/start"
	"kubejobs/functions/status"
	"kubejobs/functions/stop"
	"kubejobs/functions/sweep"
	"kubejobs/functions/tick"
	"kubejobs/functions/ui"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/batchjob"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/auth"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/platform/httpapi"
)

// limits returns the limits of a unit's requests. A start may wait 10 s for its
// schedule, and func's middleware cuts an answer after 30 s. A sweep takes longer the
// more jobs there are. The largest body is that of a Kubernetes Job; other handlers
// have smaller limits of their own.
func limits(unit string) httpapi.Limits {
	l := httpapi.Limits{Body: 2 << 20, Read: 10 * time.Second, Write: 25 * time.Second}
	if unit == config.TargetSweep || unit == config.TargetAll {
		l.Write = 5 * time.Minute
	}
	return l
}

// quietPeriod is how long no request must arrive before an instance that was told
// to end does so.
const quietPeriod = 500 * time.Millisecond

// unit is a deployable set of functions behind one mux.
type unit = *httpapi.Drainer

// newUnits returns the units by name, each with probes, metrics, limits and draining. Pages
// of other origins change nothing there, whatever serves the units: a browser may reach them.
func (s *Set) newUnits() map[string]unit {
	units := map[string]unit{}
	for name, mux := range map[string]*routes{
		config.TargetMonitor: s.monitorMux(s.helpAlone()),
		config.TargetTick:    s.tickMux(),
		config.TargetSweep:   s.sweepMux(),
		config.TargetAll:     s.allMux(),
	} {
		probes := s.probes(name)
		mux.Handle("/health/", probes)
		mux.Handle("/metrics", s.metrics())
		own := httpapi.RefuseCrossOrigin(s.limited(s.telemetry.Routes(mux.ServeMux)))
		traced := s.telemetry.Requests(httpapi.CleanPath(own))
		units[name] = httpapi.NewDrainer(httpapi.Guard(limits(name), s.log, traced), probes, quietPeriod)
	}
	return units
}

// Handler returns the unit called name. The error lists the existing units.
func (s *Set) Handler(name string) (http.Handler, error) {
	handler, ok := s.units[name]
	if !ok {
		return nil, fmt.Errorf("no unit %q: there are %s", name, strings.Join(config.Targets(), ", "))
	}
	return handler, nil
}

// Drain makes the probes fail, ends the streams and the sweeps, and waits until no
// request is in flight.
func (s *Set) Drain(ctx context.Context) error {
	s.EndStreams()
	var group errgroup.Group
	for _, handler := range s.units {
		group.Go(func() error { return failure.Catch(func() error { return handler.Drain(ctx) }) })
	}
	return group.Wait()
}

// monitorMux serves the calls of Asperathos' Manager, the status and the samples.
// root serves /.
func (s *Set) monitorMux(root httpapi.Methods) *routes {
	job := httpapi.Methods{
		http.MethodPost: s.acts(actionStart, start.New(s.service, start.Options{
			Plugins: []string{config.Plugin}, Zone: s.cfg.SubmissionZone, Proxies: s.cfg.TrustedProxies, Now: s.now,
		}, s.log)),
		http.MethodGet: s.reads(status.New(s.service, s.log)),
	}
	mux := newRoutes()
	mux.HandleFunc("/", httpapi.NotFound)
	page := ui.New()
	mux.Handle("/{$}", pageOr(page, root))
	mux.Handle("/ui/", page)
	mux.Handle("/monitoring", httpapi.Methods{http.MethodGet: s.reads(status.NewList(s.service, s.log))})
	mux.Handle("/monitoring/{$}", job) // the empty id
	mux.Handle("/monitoring/{id}", job)
	mux.Handle("/monitoring/{id}/stop", httpapi.Methods{http.MethodPut: s.acts(actionStop, stop.New(s.service, s.log))})
	mux.Handle("/monitoring/{id}/report", httpapi.Methods{http.MethodGet: s.reads(report.New(s.service, s.log))})
	mux.Handle("/monitoring/{id}/report/detailed", httpapi.Methods{http.MethodGet: s.reads(report.NewDetailed(s.service, s.log))})
	mux.Handle("/plugins", httpapi.Methods{http.MethodPost: plugins.New()})
	s.addSamples(mux)
	s.addOverview(mux)
	s.addSession(mux)
	addDescription(mux)
	return mux
}

// pageOr serves / with the page to a browser, with next to anybody else.
func pageOr(page http.Handler, next httpapi.Methods) httpapi.Methods {
	otherwise := next[http.MethodGet]
	next[http.MethodGet] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept")
		if ui.WantsPage(r) {
			page.ServeHTTP(w, r)
			return
		}
		otherwise.ServeHTTP(w, r)
	})
	return next
}

// tickMux serves ticks on any path but /jobs, the status of Jobs, and the metronome's.
func (s *Set) tickMux() *routes {
	mux := newRoutes()
	mux.Handle("/", httpapi.Methods{http.MethodPost: s.newTick()})
	mux.Handle("/jobs", s.jobStatus())
	s.addMetronome(mux)
	return mux
}

// sweepMux serves sweeps on any path.
func (s *Set) sweepMux() *routes {
	mux := newRoutes()
	mux.Handle("/", httpapi.Methods{http.MethodPost: s.newSweep()})
	return mux
}

// allMux serves all three units, by path.
func (s *Set) allMux() *routes {
	mux := s.monitorMux(s.tickOrHelp())
	mux.Handle("/jobs", s.jobStatus())
	s.addMetronome(mux)
	mux.Handle("/sweep", httpapi.Methods{http.MethodPost: s.newSweep()})
	return mux
}

// newTick returns the handler of ticks.
func (s *Set) newTick() http.Handler {
	if s.access.sources == nil {
		return tick.New(s.service, nil, s.log)
	}
	return tick.New(s.service, s.verifyTick, s.log)
}

// newSweep returns the handler of sweeps.
func (s *Set) newSweep() http.Handler {
	source := auth.Source{Kind: auth.PingSource, Namespace: s.pingNamespace(), Name: s.cfg.Auth.Sources.Sweep}
	return s.fromSource("sweep", source, s.endable(sweep.New(s.service, s.log)))
}

// jobStatus serves the CloudEvents of an ApiServerSource, or 404 if the settings do not
// use them.
func (s *Set) jobStatus() http.Handler {
	if s.cfg.JobStatus != config.JobStatusEvents {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			httpapi.Refuse(w, http.StatusNotFound, "events of Jobs are taken only with JOB_STATUS=events")
		})
	}
	parse := func(text []byte) (change jobstatus.Change, err error) {
		change.Namespace, change.ID, change.Status, change.Version, err = batchjob.Parse(text)
		return change, err
	}
	source := auth.Source{Kind: auth.APIServerSource, Namespace: s.cfg.JobNamespace, Name: s.cfg.Auth.Sources.Jobs}
	return httpapi.Methods{http.MethodPost: s.fromSource("jobs", source, jobstatus.New(s.service, parse, s.cfg.JobNamespace, s.log))}
}

// tickOrHelp serves / of the unit all: a CloudEvent is a tick, anything else gets
// the help.
func (s *Set) tickOrHelp() httpapi.Methods {
	ticks, help := s.newTick(), s.help()
	return httpapi.Methods{
		http.MethodGet: help,
		http.MethodPost: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if httpapi.IsEvent(r) {
				ticks.ServeHTTP(w, r)
				return
			}
			help.ServeHTTP(w, r)
		}),
	}
}

// helpAlone serves / of the unit monitor.
func (s *Set) helpAlone() httpapi.Methods {
	help := s.help()
	return httpapi.Methods{http.MethodGet: help, http.MethodPost: help}
}

// help lists the calls. A bare `func invoke` gets it.
func (s *Set) help() http.Handler {
	calls := []string{
		"POST /monitoring/{id} {\"plugin\":\"kubejobs\",\"plugin_info\":{\"expected_time\":40}}",
		"GET /monitoring", "GET /monitoring/{id}", "PUT /monitoring/{id}/stop",
		"GET /monitoring/{id}/report", "GET /monitoring/{id}/report/detailed",
		"GET /monitoring/{id}/samples", "GET /monitoring/{id}/events", "GET /monitoring/{id}/forecast", "GET /openapi.json",
		"POST / with a CloudEvent of type " + monitor.TickEventType + " and data {\"app_id\":\"{id}\"}",
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		httpapi.Respond(w, http.StatusOK, map[string]any{
			"message": "kubejobs tracks batch jobs against their deadlines; POST a job to /monitoring/{id}", "calls": calls,
		})
	})
}

// metrics serves /metrics, or 404 if the settings turn it off.
func (s *Set) metrics() http.Handler {
	served := s.telemetry.Served()
	if served == nil {
		return http.HandlerFunc(httpapi.NotFound)
	}
	return httpapi.Methods{http.MethodGet: s.readsAll(served)}
}

// probes serves /health/readiness and /health/liveness of a unit.
func (s *Set) probes(unit string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/health/liveness":
			httpapi.Respond(w, http.StatusOK, map[string]string{"status": "alive"})
		case r.URL.Path != "/health/readiness":
			httpapi.NotFound(w, r)
		case s.units[unit].Draining():
			httpapi.Refuse(w, http.StatusServiceUnavailable, "shutting down")
		default:
			if err := s.ready(r.Context(), unit); err != nil {
				httpapi.Fail(r.Context(), w, s.log, err)
				return
			}
			httpapi.Respond(w, http.StatusOK, map[string]string{"status": "ready"})
		}
	})
}
