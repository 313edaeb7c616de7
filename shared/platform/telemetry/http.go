package telemetry

import (
	"net/http"
	"net/url"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/codes"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// Requests records a span for each request, below the caller's, except for
// probes and /metrics. It records no metrics: those of ticks and sweeps say more.
func (t *Telemetry) Requests(next http.Handler) http.Handler {
	if !t.tracing {
		return next
	}
	return otelhttp.NewHandler(next, "",
		otelhttp.WithTracerProvider(t.traces), otelhttp.WithMeterProvider(metricnoop.NewMeterProvider()),
		otelhttp.WithPropagators(t.propagator), otelhttp.WithSpanNameFormatter(spanName),
		otelhttp.WithFilter(func(r *http.Request) bool {
			return r.URL.Path != "/metrics" && !strings.HasPrefix(r.URL.Path, "/health/")
		}),
	)
}

// spanName returns the method, and the route once it is known. The path is not
// used, because it holds an id.
func spanName(_ string, r *http.Request) string {
	if r.Pattern == "" {
		return r.Method
	}
	return r.Method + " " + r.Pattern
}

// Routes names the span of a request after the route that mux chooses, even if
// the request is a copy of the one that Requests saw.
func (t *Telemetry) Routes(mux *http.ServeMux) http.Handler {
	if !t.tracing {
		return mux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		span := trace.SpanFromContext(r.Context())
		returned := false
		defer func() {
			if !returned {
				span.SetStatus(codes.Error, "panic")
			}
			if r.Pattern != "" {
				span.SetName(spanName("", r))
				span.SetAttributes(semconv.HTTPRoute(r.Pattern))
			}
		}()
		mux.ServeHTTP(w, r)
		returned = true
	})
}

// Transport measures outgoing requests by method, server and status, and
// propagates the trace.
func (t *Telemetry) Transport(base http.RoundTripper) http.RoundTripper {
	if t.off() {
		return base
	}
	return otelhttp.NewTransport(pathless{base}, otelhttp.WithTracerProvider(t.traces),
		otelhttp.WithMeterProvider(t.meters), otelhttp.WithPropagators(t.propagator))
}

// pathless removes the path and the query from the URL in a request's span, as they may
// hold a credential: the receivers of many events are known by their path alone. otelhttp
// has already set the URL, and the last value counts.
type pathless struct{ base http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (q pathless) RoundTrip(r *http.Request) (*http.Response, error) {
	if span := trace.SpanFromContext(r.Context()); span.IsRecording() {
		bare := url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host}
		span.SetAttributes(semconv.URLFull(bare.String()))
	}
	return q.base.RoundTrip(r)
}
