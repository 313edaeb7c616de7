package config_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/platform/config"
)

func TestTelemetrySignals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		env                 map[string]string
		traces, push, serve bool
	}{
		"nothing is set":           {serve: true},
		"in Knative":               {env: map[string]string{"K_SERVICE": "tick"}},
		"served in Knative":        {env: map[string]string{"K_SERVICE": "tick", "METRICS": "True"}, serve: true},
		"not served":               {env: map[string]string{"METRICS": "false"}},
		"an endpoint":              {env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel:4318"}, traces: true, push: true, serve: true},
		"an endpoint of traces":    {env: map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://otel:4318/x"}, traces: true, serve: true},
		"an endpoint of metrics":   {env: map[string]string{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://otel:4318/x"}, push: true, serve: true},
		"an endpoint, no traces":   {env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel:4318", "OTEL_TRACES_EXPORTER": "none"}, push: true, serve: true},
		"exporters, no endpoint":   {env: map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "otlp"}, traces: true, push: true, serve: true},
		"the console":              {env: map[string]string{"OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "console"}, traces: true, push: true, serve: true},
		"Prometheus in Knative":    {env: map[string]string{"K_SERVICE": "tick", "OTEL_METRICS_EXPORTER": "prometheus"}, serve: true},
		"Prometheus, an endpoint":  {env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel:4318", "OTEL_METRICS_EXPORTER": "prometheus"}, traces: true, serve: true},
		"the protocol":             {env: map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, traces: true, serve: true},
		"a protocol of a signal":   {env: map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"}, traces: true, serve: true},
		"a protocol, not used":     {env: map[string]string{"OTEL_TRACES_EXPORTER": "console", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, traces: true, serve: true},
		"everything, but disabled": {env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel:4318", "METRICS": "true", "OTEL_SDK_DISABLED": "TRUE"}},
		"explicitly not disabled":  {env: map[string]string{"OTEL_SDK_DISABLED": "false"}, serve: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, knative := tt.env["K_SERVICE"]; knative {
				tt.env["STATE_REDIS_URL"] = "redis://redis"
			}
			got := load(t, tt.env).Telemetry
			want := config.Telemetry{Traces: tt.traces, Push: tt.push, Serve: tt.serve, Jobs: 200, Service: got.Service}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Telemetry (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTelemetryNamesWrongSettings(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		env  map[string]string
		want []string
	}{
		"flags": {
			map[string]string{"METRICS": "yes", "OTEL_SDK_DISABLED": "1"},
			[]string{"METRICS", "OTEL_SDK_DISABLED"},
		},
		"jobs under 0":  {map[string]string{"METRICS_JOBS": "-1"}, []string{"METRICS_JOBS"}},
		"too many jobs": {map[string]string{"METRICS_JOBS": "10001"}, []string{"METRICS_JOBS"}},
		"exporters":     {map[string]string{"OTEL_TRACES_EXPORTER": "jaeger", "OTEL_METRICS_EXPORTER": "statsd"}, []string{"OTEL_METRICS_EXPORTER", "OTEL_TRACES_EXPORTER"}},
		"gRPC":          {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, []string{"OTEL_EXPORTER_OTLP_PROTOCOL"}},
		"gRPC, metrics": {map[string]string{"OTEL_METRICS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "grpc"}, []string{"OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"}},
		"contradiction": {map[string]string{"METRICS": "false", "OTEL_METRICS_EXPORTER": "prometheus"}, []string{"METRICS"}},
		"numbers": {
			map[string]string{"OTEL_BSP_SCHEDULE_DELAY": "0", "OTEL_BSP_MAX_QUEUE_SIZE": "-1", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "-1"},
			[]string{"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_SCHEDULE_DELAY"},
		},
		"a huge queue":    {map[string]string{"OTEL_BSP_MAX_QUEUE_SIZE": "1000000000000"}, []string{"OTEL_BSP_MAX_QUEUE_SIZE"}},
		"left to the SDK": {map[string]string{"OTEL_BSP_SCHEDULE_DELAY": "soon", "OTEL_TRACES_SAMPLER": "sometimes"}, nil},
		"endpoints":       {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "otel:4318", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://"}, []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"}},
		"a password":      {map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://u:hunter2@otel:4318"}, []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(lookup(tt.env))
			if diff := cmp.Diff(tt.want, wrong(t, err)); diff != "" {
				t.Errorf("wrong settings (-want +got):\n%s", diff)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

// Load returns the values of the headers as they are set and as they are sent, so
// that they can be removed from other texts. A malformed entry is a secret too.
func TestTelemetrySecrets(t *testing.T) {
	t.Parallel()
	got := load(t, map[string]string{
		"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Basic%20aHVudGVyMg==", "OTEL_EXPORTER_OTLP_METRICS_HEADERS": "x-key = k, y=%zz, token hunter2",
	}).Telemetry.Secrets
	for _, want := range []config.Secret{"Basic%20aHVudGVyMg==", "Basic aHVudGVyMg==", "aHVudGVyMg==", "k", "%zz", "token hunter2", "hunter2"} {
		if !slices.Contains(got, want) {
			t.Errorf("the secrets lack %q", want.Reveal())
		}
	}
	if slices.Contains(got, "") {
		t.Error("an empty text is a secret")
	}
}

// A collector repeats a quoted value with its quotes, without them, or in quotes of its
// own.
func TestTelemetrySecretsInQuotes(t *testing.T) {
	t.Parallel()
	const value = `"Bearer hunter2,swordfish"`
	var pairs []string
	for _, secret := range load(t, map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "authorization=" + value}).Telemetry.Secrets {
		pairs = append(pairs, secret.Reveal(), "")
	}
	slices.SortFunc(pairs, func(a, b string) int { return len(b) - len(a) })
	for _, answer := range []string{value, strings.Trim(value, `"`), strconv.Quote(value), `"Bearer hunter2`, "hunter2,swordfish", `swordfish"`, "swordfish", "hunter2"} {
		shown := answer
		for _, secret := range pairs {
			if secret != "" {
				shown = strings.ReplaceAll(shown, secret, "")
			}
		}
		if strings.Contains(shown, "hunter2") || strings.Contains(shown, "swordfish") {
			t.Errorf("of %s is left: %s", answer, shown)
		}
	}
}
