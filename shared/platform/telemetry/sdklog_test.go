package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kubejobs/shared/platform/logging"
	"kubejobs/shared/platform/telemetry"
)

const (
	// openInChild makes the test's process open telemetry and print the log.
	openInChild = "KUBEJOBS_TEST_OPEN_TELEMETRY"
	secret      = "hunter2"
)

// TestMain opens telemetry instead of running the tests if openInChild is set:
// the SDK's log and the environment belong to a whole process. No secret is
// removed from the log, so that the tests see what the SDK quotes.
func TestMain(m *testing.M) {
	if os.Getenv(openInChild) == "" {
		os.Exit(m.Run())
	}
	log := logging.New(os.Stdout, slog.LevelInfo)
	telemetry.LogErrors(log, nil)
	opened, err := telemetry.Open(context.Background(), telemetry.Options{Traces: true, Push: true})
	if err != nil {
		log.Error("telemetry not opened", "error", err)
		return
	}
	opened.Close(context.Background())
}

// line is a line of the log.
type line struct{ Level, Error string }

// openedWith returns the log of a process that opens telemetry with variables,
// each NAME=VALUE, and a collector that refuses connections.
func openedWith(t *testing.T, variables ...string) []line {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append([]string{openInChild + "=1", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1"}, variables...)
	var stdout, stderr bytes.Buffer
	child.Stdout, child.Stderr = &stdout, &stderr
	if err := child.Run(); err != nil {
		t.Fatalf("%v:\n%s%s", err, &stdout, &stderr)
	}
	if all := stdout.String() + stderr.String(); strings.Contains(all, secret) {
		t.Errorf("a secret is shown:\n%s", all)
	}
	var lines []line
	for text := range strings.Lines(stdout.String()) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Errorf("%v: %s", err, text)
		}
		lines = append(lines, l)
	}
	return lines
}

// The SDK and the exporters check their own variables. Each wrong value is in the
// log once, although both exporters read it, or it is an error of Open; neither
// shows a secret.
func TestWrongVariablesAreLogged(t *testing.T) {
	t.Parallel()
	noPEM := filepath.Join(t.TempDir(), "none.pem")
	if err := os.WriteFile(noPEM, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	const otlp = "OTEL_EXPORTER_OTLP_"
	tests := map[string]struct {
		variables   []string
		level, want string
	}{
		"sampler":               {[]string{"OTEL_TRACES_SAMPLER=sometimes"}, "WARN", "unsupported sampler: sometimes"},
		"sampler's argument":    {[]string{"OTEL_TRACES_SAMPLER=traceidratio", "OTEL_TRACES_SAMPLER_ARG=2"}, "WARN", "invalid trace ID ratio"},
		"delay of a batch":      {[]string{"OTEL_BSP_SCHEDULE_DELAY=soon"}, "WARN", "OTEL_BSP_SCHEDULE_DELAY=soon"},
		"limit of a span":       {[]string{"OTEL_SPAN_LINK_COUNT_LIMIT=x"}, "WARN", "OTEL_SPAN_LINK_COUNT_LIMIT=x"},
		"interval that is text": {[]string{"OTEL_METRIC_EXPORT_INTERVAL=x"}, "ERROR", "environment variable=OTEL_METRIC_EXPORT_INTERVAL: value=x"},
		"interval under 0":      {[]string{"OTEL_METRIC_EXPORT_INTERVAL=-1"}, "ERROR", "environment variable=OTEL_METRIC_EXPORT_INTERVAL: value=-1"},
		"timeout":               {[]string{otlp + "TIMEOUT=10s"}, "ERROR", "parse duration"},
		"temporality":           {[]string{otlp + "METRICS_TEMPORALITY_PREFERENCE=x"}, "WARN", otlp + "METRICS_TEMPORALITY_PREFERENCE"},
		"header without =":      {[]string{otlp + "HEADERS=authorization " + secret}, "ERROR", "parse headers"},
		"header with a colon":   {[]string{otlp + "HEADERS=authorization: " + secret + "="}, "ERROR", "parse headers"},
		"header's encoding":     {[]string{otlp + "HEADERS=authorization=%zz" + secret}, "ERROR", "escape header value"},
		"no such certificate":   {[]string{otlp + "CERTIFICATE=/none"}, "ERROR", "read tls ca cert file: open /none"},
		"certificate, no PEM":   {[]string{otlp + "CERTIFICATE=" + noPEM}, "ERROR", "create tls cert pool"},
		"key pair, no PEM":      {[]string{otlp + "CLIENT_CERTIFICATE=" + noPEM, otlp + "CLIENT_KEY=" + noPEM}, "ERROR", "create tls client key pair"},
		"URL with a password":   {[]string{otlp + "TRACES_ENDPOINT=http://u:" + secret + "@a b"}, "ERROR", "parse url"},
		"protocol":              {[]string{otlp + "PROTOCOL=http/json"}, "ERROR", "OTEL_TRACES_EXPORTER: invalid OTLP protocol"},
		"gRPC":                  {[]string{otlp + "METRICS_PROTOCOL=grpc"}, "ERROR", "OTEL_METRICS_EXPORTER: invalid OTLP protocol"},
		"producers":             {[]string{"OTEL_METRICS_PRODUCERS=x"}, "ERROR", "OTEL_METRICS_PRODUCERS: want none"},
		"exporter":              {[]string{"OTEL_TRACES_EXPORTER=jaeger"}, "ERROR", "OTEL_TRACES_EXPORTER: unknown exporter"},
		"resource":              {[]string{"OTEL_RESOURCE_ATTRIBUTES=a=b,c"}, "ERROR", "OTEL_RESOURCE_ATTRIBUTES: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := openedWith(t, tt.variables...)
			found := slices.DeleteFunc(slices.Clone(lines), func(l line) bool { return !strings.Contains(l.Error, tt.want) })
			if len(found) != 1 || found[0].Level != tt.level {
				t.Errorf("log %+v, want one line at %s with %q", lines, tt.level, tt.want)
			}
		})
	}
}

// Each of several wrong values is logged at once, however rarely a repeated
// error is; without one the log holds no line about settings.
func TestAllWrongVariablesAreLogged(t *testing.T) {
	t.Parallel()
	lines := openedWith(t, "OTEL_TRACES_SAMPLER=sometimes", "OTEL_BSP_SCHEDULE_DELAY=soon", "OTEL_EXPORTER_OTLP_CERTIFICATE=/none",
		"OTEL_EXPORTER_OTLP_HEADERS=authorization "+secret)
	for _, want := range []string{"sampler", "OTEL_BSP_SCHEDULE_DELAY", "tls ca cert", "headers"} {
		if !slices.ContainsFunc(lines, func(l line) bool { return strings.Contains(l.Error, want) }) {
			t.Errorf("log %+v, want a line with %q", lines, want)
		}
	}
	for _, l := range openedWith(t, "OTEL_EXPORTER_OTLP_HEADERS=authorization="+secret) {
		if !strings.Contains(l.Error, "connection refused") {
			t.Errorf("log line %+v, want only that the collector is unreachable", l)
		}
	}
}
