package config

import (
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Telemetry is which signals leave the program. Where they go the OpenTelemetry
// SDK reads from the OTEL_* variables itself; Load has checked those.
type Telemetry struct {
	Traces  bool // spans are exported
	Push    bool // metrics are exported
	Serve   bool // metrics are served at /metrics
	Jobs    int  // that have gauges of their own, at most
	Service string
	// Secrets are the values of the exporters' headers.
	Secrets []Secret
}

// Exporters, as OTEL_TRACES_EXPORTER and OTEL_METRICS_EXPORTER call them.
const (
	exporterOTLP       = "otlp"
	exporterConsole    = "console"
	exporterPrometheus = "prometheus"
	exporterNone       = "none"
)

// telemetry reads METRICS and what the OpenTelemetry SDK will read. A signal
// with neither an exporter nor an endpoint is off; in Knative nobody scrapes an
// instance unless somebody says so.
func (r *reader) telemetry() Telemetry {
	serves := r.flag("METRICS", r.text("K_SERVICE", "") == "")
	traces := r.oneOf("OTEL_TRACES_EXPORTER", r.exporter("TRACES"),
		[]string{exporterOTLP, exporterConsole, exporterNone})
	metrics := r.oneOf("OTEL_METRICS_EXPORTER", r.exporter("METRICS"),
		[]string{exporterOTLP, exporterConsole, exporterPrometheus, exporterNone})
	if metrics == exporterPrometheus && !serves && r.text("METRICS", "") != "" {
		r.bad("METRICS", "is false, but OTEL_METRICS_EXPORTER is prometheus")
	}
	t := Telemetry{
		Traces:  traces != exporterNone,
		Push:    metrics == exporterOTLP || metrics == exporterConsole,
		Serve:   serves || metrics == exporterPrometheus,
		Jobs:    r.whole("METRICS_JOBS", 200, 0, 10_000),
		Service: r.text("K_SERVICE", "kubejobs"),
	}
	for _, signal := range []string{"", "TRACES_", "METRICS_"} {
		t.Secrets = append(t.Secrets, r.otlp("OTEL_EXPORTER_OTLP_"+signal)...)
	}
	r.sdk()
	if r.flag("OTEL_SDK_DISABLED", false) {
		t.Traces, t.Push, t.Serve = false, false, false
	}
	return t
}

// exporter is a signal's where nobody names one: OTLP if there is an endpoint.
func (r *reader) exporter(signal string) string {
	if r.text("OTEL_EXPORTER_OTLP_ENDPOINT", "") != "" || r.text("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT", "") != "" {
		return exporterOTLP
	}
	return exporterNone
}

// otlp checks the variables of the OTLP exporters that begin with prefix, and
// gives the values of the headers.
func (r *reader) otlp(prefix string) []Secret {
	if text := r.text(prefix+"ENDPOINT", ""); text != "" {
		parsed, err := url.Parse(text)
		if err != nil || parsed.Host == "" || parsed.User != nil || !slices.Contains([]string{"http", "https"}, parsed.Scheme) {
			r.bad(prefix+"ENDPOINT", "want http://… or https://… with a host and without a password")
		}
	}
	r.oneOf(prefix+"PROTOCOL", "http/protobuf", []string{"http/protobuf", "grpc"})
	r.oneOf(prefix+"COMPRESSION", "none", []string{"gzip", "none"})
	r.flag(prefix+"INSECURE", false)
	r.whole(prefix+"TIMEOUT", 10_000, 1, 600_000)
	r.certificates(prefix)
	return r.headers(prefix + "HEADERS")
}

func (r *reader) certificates(prefix string) {
	if path := r.text(prefix+"CERTIFICATE", ""); path != "" {
		text, err := os.ReadFile(path) //nolint:gosec // whoever sets the program names the file
		if err != nil {
			r.bad(prefix+"CERTIFICATE", "cannot be read: %v", err)
		} else if !x509.NewCertPool().AppendCertsFromPEM(text) {
			r.bad(prefix+"CERTIFICATE", "want a file of PEM certificates, got %.80q", path)
		}
	}
	certificate, key := r.text(prefix+"CLIENT_CERTIFICATE", ""), r.text(prefix+"CLIENT_KEY", "")
	switch {
	case certificate == "" && key == "":
	case certificate == "":
		r.bad(prefix+"CLIENT_CERTIFICATE", "is required with %sCLIENT_KEY", prefix)
	case key == "":
		r.bad(prefix+"CLIENT_KEY", "is required with %sCLIENT_CERTIFICATE", prefix)
	default:
		if _, err := tls.LoadX509KeyPair(certificate, key); err != nil {
			r.bad(prefix+"CLIENT_CERTIFICATE", "cannot be used with %sCLIENT_KEY: %v", prefix, err)
		}
	}
}

// headers are never shown: they hold credentials.
func (r *reader) headers(setting string) []Secret {
	var values []Secret
	for _, pair := range split(r.text(setting, "")) {
		name, value, ok := strings.Cut(pair, "=")
		decoded, err := url.PathUnescape(value)
		if !ok || err != nil || strings.TrimSpace(name) == "" {
			r.bad(setting, "want NAME=VALUE,…, the values URL-encoded")
			return nil
		}
		values = append(values, Secret(strings.TrimSpace(value)), Secret(strings.TrimSpace(decoded)))
	}
	return values
}

// sdk checks what the SDK reads beside the exporters' variables; left to it, a
// wrong value would be a line in the log.
func (r *reader) sdk() {
	sampler := r.oneOf("OTEL_TRACES_SAMPLER", "parentbased_always_on", []string{
		"always_on", "always_off", "traceidratio",
		"parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio",
	})
	if text := r.text("OTEL_TRACES_SAMPLER_ARG", ""); text != "" && strings.HasSuffix(sampler, "traceidratio") {
		if share, err := strconv.ParseFloat(text, 64); err != nil || !(share >= 0 && share <= 1) {
			r.bad("OTEL_TRACES_SAMPLER_ARG", "want a number from 0 to 1, got %.80q", text)
		}
	}
	r.oneOf("OTEL_METRICS_EXEMPLAR_FILTER", "trace_based", []string{"always_on", "always_off", "trace_based"})
	r.oneOf("OTEL_METRICS_PRODUCERS", "none", []string{"none", "prometheus"})
	for setting, usual := range map[string]int{
		"OTEL_BSP_SCHEDULE_DELAY": 5_000, "OTEL_BSP_EXPORT_TIMEOUT": 30_000,
		"OTEL_METRIC_EXPORT_INTERVAL": 60_000, "OTEL_METRIC_EXPORT_TIMEOUT": 30_000,
	} {
		r.whole(setting, usual, 1, 3_600_000)
	}
	queue := r.whole("OTEL_BSP_MAX_QUEUE_SIZE", 2048, 1, 1_000_000)
	if batch := r.whole("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", min(512, queue), 1, 1_000_000); batch > queue {
		r.bad("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "want at most OTEL_BSP_MAX_QUEUE_SIZE, %d, got %d", queue, batch)
	}
	for _, limit := range []string{
		"ATTRIBUTE_VALUE_LENGTH", "ATTRIBUTE_COUNT", "SPAN_ATTRIBUTE_VALUE_LENGTH", "SPAN_ATTRIBUTE_COUNT",
		"SPAN_EVENT_COUNT", "SPAN_LINK_COUNT", "EVENT_ATTRIBUTE_COUNT", "LINK_ATTRIBUTE_COUNT",
	} {
		r.whole("OTEL_"+limit+"_LIMIT", -1, -1, 1_000_000)
	}
	for _, pair := range split(r.text("OTEL_RESOURCE_ATTRIBUTES", "")) {
		if name, _, ok := strings.Cut(pair, "="); !ok || strings.TrimSpace(name) == "" {
			r.bad("OTEL_RESOURCE_ATTRIBUTES", "want NAME=VALUE,…, got %.80q", pair)
		}
	}
}
