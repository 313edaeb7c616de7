package otlp_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	collectmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/protobuf/proto"

	"kubejobs/shared/platform/telemetry/otlp"
)

// export sends metrics to a receiver that answers so, with further variables NAME=VALUE.
func export(t *testing.T, answer http.HandlerFunc, variables ...string) error {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL+"/base")
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, strings.ReplaceAll(value, "SERVER", server.URL))
	}
	exporter, err := otlp.NewMetrics(report(t))
	if err != nil {
		t.Fatal(err)
	}
	return exporter.Export(t.Context(), metrics())
}

// The variables decide where a signal is sent, with which headers.
func TestWhereASignalIsSent(t *testing.T) {
	const prefix = "OTEL_EXPORTER_OTLP_"
	tests := map[string]struct {
		variables    []string
		path, header string
	}{
		"a common base":        {nil, "/base/v1/metrics", ""},
		"an endpoint as it is": {[]string{prefix + "METRICS_ENDPOINT=SERVER/own/"}, "/own/", ""},
		"an endpoint, no path": {[]string{prefix + "METRICS_ENDPOINT=SERVER"}, "/", ""},
		"of another signal":    {[]string{prefix + "TRACES_ENDPOINT=SERVER/own"}, "/base/v1/metrics", ""},
		"a header":             {[]string{prefix + "HEADERS= x-key = a%20b ,y=z"}, "/base/v1/metrics", "a b"},
		"a header of a signal": {[]string{prefix + "HEADERS=x-key=a", prefix + "METRICS_HEADERS=x-key=b"}, "/base/v1/metrics", "b"},
		"compressed":           {[]string{prefix + "COMPRESSION=gzip", prefix + "METRICS_COMPRESSION=none"}, "/base/v1/metrics", ""},
		"spelled as insecure":  {[]string{prefix + "INSECURE=TRUE"}, "/base/v1/metrics", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got *http.Request
			if err := export(t, func(_ http.ResponseWriter, r *http.Request) { got = r }, tt.variables...); err != nil {
				t.Fatal(err)
			}
			if got.URL.Path != tt.path || got.Header.Get("X-Key") != tt.header || got.Header.Get("Content-Encoding") != "" {
				t.Errorf("%s with %v, want %s and the key %q", got.URL, got.Header, tt.path, tt.header)
			}
		})
	}
}

func TestWhatAReceiverAnswers(t *testing.T) {
	partial, err := proto.Marshal(&collectmetrics.ExportMetricsServiceResponse{
		PartialSuccess: &collectmetrics.ExportMetricsPartialSuccess{RejectedDataPoints: 7, ErrorMessage: "too old"},
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		code int
		kind string
		body string
		want string // part of the error, "" for none
	}{
		"nothing":           {200, "application/x-protobuf", "", ""},
		"another form":      {202, "application/json", "{", ""},
		"a part is refused": {200, "application/x-protobuf", string(partial), "too old (7 rejected)"},
		"no protobuf":       {200, "application/x-protobuf", "<html>", "not OTLP"},
		"a refusal":         {400, "text/plain", " what?\n", "400 Bad Request (body: what?)"},
		"no such path":      {404, "", "", "404 Not Found"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := export(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.kind)
				w.WriteHeader(tt.code)
				_, _ = w.Write([]byte(tt.body))
			})
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Export = %v, want %q", err, tt.want)
			}
		})
	}
}

// A receiver that is busy is asked again, not before the pause that it wants. Export ends
// with its context, or at once if the patience would not last.
func TestABusyReceiver(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	requests := 0
	busy := func(w http.ResponseWriter, _ *http.Request) {
		if requests++; requests == 1 {
			cancel()
		}
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if err := export(t, busy); err == nil || !strings.Contains(err.Error(), "max retry time") || requests != 1 {
		t.Errorf("Export = %v after %d requests, want that an hour is too long", err, requests)
	}
	exporter, err := otlp.NewMetrics(report(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := exporter.Export(ctx, metrics()); err == nil || !strings.Contains(err.Error(), "context canceled") {
		t.Errorf("Export = %v, want that the context has ended", err)
	}
}

func TestPreferences(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "Delta")
	t.Setenv("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "base2_exponential_bucket_histogram")
	exporter, err := otlp.NewMetrics(report(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := exporter.Temporality(sdkmetric.InstrumentKindCounter); got != metricdata.DeltaTemporality {
		t.Errorf("temporality %v, want delta", got)
	}
	if got, ok := exporter.Aggregation(sdkmetric.InstrumentKindHistogram).(sdkmetric.AggregationBase2ExponentialHistogram); !ok || got.MaxSize != 160 {
		t.Errorf("aggregation %v, want an exponential one", got)
	}
}
