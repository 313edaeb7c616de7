package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
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

// TestMain opens telemetry instead of testing if it is told to: the SDK's log and
// its environment belong to a process.
func TestMain(m *testing.M) {
	if os.Getenv(openInChild) == "" {
		os.Exit(m.Run())
	}
	log := logging.New(os.Stdout, slog.LevelInfo)
	telemetry.LogErrors(log, []string{secret})
	opened, err := telemetry.Open(context.Background(), telemetry.Options{Traces: true, Push: true})
	if err != nil {
		log.Error("not opened", "error", err)
		return
	}
	opened.Close(context.Background())
}

// The SDK checks its own variables. What it finds wrong is in the log once, or is
// an error that names the variable, and shows no secret.
func TestSDKComplaintsAreSeen(t *testing.T) {
	t.Parallel()
	noPEM := filepath.Join(t.TempDir(), "none.pem")
	if err := os.WriteFile(noPEM, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ variable, value, want string }{
		"a sampler":             {"OTEL_TRACES_SAMPLER", "sometimes", "unsupported sampler: sometimes"},
		"a number that is text": {"OTEL_BSP_SCHEDULE_DELAY", "soon", "OTEL_BSP_SCHEDULE_DELAY=soon"},
		"an interval":           {"OTEL_METRIC_EXPORT_INTERVAL", "-1", "OTEL_METRIC_EXPORT_INTERVAL"},
		"a time-out":            {"OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "parse duration"},
		"headers without a '='": {"OTEL_EXPORTER_OTLP_HEADERS", "authorization " + secret, "parse headers"},
		"a header's encoding":   {"OTEL_EXPORTER_OTLP_HEADERS", "authorization=%zz" + secret, "header value"},
		"no such certificate":   {"OTEL_EXPORTER_OTLP_CERTIFICATE", "/none", "read tls ca cert file"},
		"no PEM":                {"OTEL_EXPORTER_OTLP_CERTIFICATE", noPEM, "create tls cert pool"},
		"a protocol":            {"OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "invalid OTLP protocol"},
		"an exporter":           {"OTEL_TRACES_EXPORTER", "jaeger", "OTEL_TRACES_EXPORTER"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			child := exec.CommandContext(t.Context(), os.Args[0])
			child.Env = append(os.Environ(), openInChild+"=1", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", tt.variable+"="+tt.value)
			var stderr bytes.Buffer
			child.Stderr = &stderr
			log, err := child.Output()
			if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
				t.Fatal(err)
			}
			if !strings.Contains(string(log), tt.want) {
				t.Errorf("the log does not contain %q:\n%s%s", tt.want, log, stderr.String())
			}
			if strings.Contains(string(log)+stderr.String(), secret) {
				t.Errorf("a secret is in the log:\n%s%s", log, stderr.String())
			}
		})
	}
}
