package config

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Telemetry says which signals leave the program. The OpenTelemetry SDK reads the
// OTEL_* variables for their destinations itself, and logs what is wrong there.
type Telemetry struct {
	Traces  bool // spans are exported
	Push    bool // metrics are exported
	Serve   bool // metrics are served at /metrics
	Jobs    int  // maximum number of jobs with gauges
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

// telemetry reads METRICS and the OTEL_* variables that select signals. A signal
// with neither an exporter nor an endpoint is off. In Knative metrics are not
// served by default, because nothing scrapes an instance there by itself.
func (r *reader) telemetry() Telemetry {
	serves := r.flag("METRICS", r.text("K_SERVICE", "") == "")
	traces := r.oneOf("OTEL_TRACES_EXPORTER", r.exporter("TRACES"),
		[]string{exporterOTLP, exporterConsole, exporterNone})
	metrics := r.oneOf("OTEL_METRICS_EXPORTER", r.exporter("METRICS"),
		[]string{exporterOTLP, exporterConsole, exporterPrometheus, exporterNone})
	if metrics == exporterPrometheus && !serves && r.text("METRICS", "") != "" {
		r.reject("METRICS", "is false, but OTEL_METRICS_EXPORTER is prometheus")
	}
	t := Telemetry{
		Traces:  traces != exporterNone,
		Push:    metrics == exporterOTLP || metrics == exporterConsole,
		Serve:   serves || metrics == exporterPrometheus,
		Jobs:    r.integer("METRICS_JOBS", 200, 0, 10_000),
		Service: r.text("K_SERVICE", "kubejobs"),
	}
	r.protocols(map[string]string{"TRACES": traces, "METRICS": metrics})
	for _, signal := range []string{"", "TRACES_", "METRICS_"} {
		t.Secrets = append(t.Secrets, r.otlp("OTEL_EXPORTER_OTLP_"+signal)...)
	}
	r.sdkNumber("OTEL_BSP_SCHEDULE_DELAY", 1, 3_600_000)
	r.sdkNumber("OTEL_BSP_MAX_QUEUE_SIZE", 1, 1_000_000)
	r.sdkNumber("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1, 1_000_000)
	if r.flag("OTEL_SDK_DISABLED", false) {
		t.Traces, t.Push, t.Serve = false, false, false
	}
	return t
}

// exporter returns the default exporter of a signal: OTLP if there is an endpoint.
func (r *reader) exporter(signal string) string {
	if r.text("OTEL_EXPORTER_OTLP_ENDPOINT", "") != "" || r.text("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT", "") != "" {
		return exporterOTLP
	}
	return exporterNone
}

// protocols rejects a protocol that the exporter of a signal does not speak: gRPC would
// be a tenth of the program, and collectors take both.
func (r *reader) protocols(exporters map[string]string) {
	const common = "OTEL_EXPORTER_OTLP_PROTOCOL"
	used := map[string]bool{}
	for signal, exporter := range exporters {
		setting := "OTEL_EXPORTER_OTLP_" + signal + "_PROTOCOL"
		if r.text(setting, "") == "" {
			setting = common
		}
		used[setting] = used[setting] || exporter == exporterOTLP
	}
	for setting, is := range used {
		if text := r.text(setting, "http/protobuf"); is && text != "http/protobuf" {
			r.reject(setting, "want http/protobuf, which collectors take at port 4318, got %.80q", text)
		}
	}
}

// otlp checks the endpoint whose variable begins with prefix, and returns the
// secrets in the headers. The SDK checks the other variables. It accepts an
// endpoint without a host, and would quote a password in one.
func (r *reader) otlp(prefix string) []Secret {
	if text := r.text(prefix+"ENDPOINT", ""); text != "" {
		if parsed := parseURL(text, "http", "https"); parsed == nil || parsed.User != nil {
			r.reject(prefix+"ENDPOINT", "want http://… or https://… with a host and without a password")
		}
	}
	return r.headers(prefix + "HEADERS")
}

// headers returns the values of a list of headers, which are credentials, as they are set
// and as they are sent, and their parts. An entry that is no pair is a secret too.
func (r *reader) headers(setting string) []Secret {
	text := r.text(setting, "")
	var values []Secret
	for _, pair := range append(split(text), text) { // the whole too: a quoted value may hold a comma
		_, value, ok := strings.Cut(pair, "=")
		if !ok {
			value = pair
		}
		values = append(values, parts(value)...)
		if decoded, err := url.PathUnescape(value); err == nil {
			values = append(values, parts(decoded)...)
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// minPart is the least length of a part of a header's value that counts as a secret of its
// own: shorter ones are parts of honest words.
const minPart = 5

// parts returns the spellings in which a text may repeat a header's value: without quotes
// around it, in quotes as Go writes them, and without the scheme before it.
func parts(value string) []Secret {
	value = strings.TrimSpace(value)
	bare := strings.Trim(value, `"' `)
	all := []Secret{Secret(value), Secret(bare)}
	for _, text := range []string{value, bare} {
		all = append(all, Secret(strings.Trim(strconv.Quote(text), `"`)))
	}
	if _, rest, ok := strings.Cut(bare, " "); ok && len(rest) >= minPart {
		all = append(all, Secret(strings.TrimSpace(rest)))
	}
	return slices.DeleteFunc(all, func(s Secret) bool { return s == "" })
}

// sdkNumber rejects a number that the SDK accepts but cannot work with: it panics
// with a negative size and with one that exceeds the memory, and without a delay
// it keeps a processor busy. It warns about text that is no number itself.
func (r *reader) sdkNumber(setting string, low, high int) {
	value, err := strconv.Atoi(r.text(setting, ""))
	if err == nil && (value < low || value > high) {
		r.reject(setting, "want a whole number from %d to %d, got %d", low, high, value)
	}
}
