// Package config loads and validates settings: from the environment, and from
// Asperathos' monitor.cfg if that is named.
package config

import (
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Targets returns the deployable units. FUNCTION_TARGET selects one.
func Targets() []string { return []string{TargetMonitor, TargetTick, TargetSweep, TargetAll} }

// Values of Config.Target.
const (
	TargetMonitor = "monitor"
	TargetTick    = "tick"
	TargetSweep   = "sweep"
	TargetAll     = "all"
)

// Values of Config.Scheduler.
const (
	SchedulerKnative   = "knative"
	SchedulerMetronome = "metronome"
	SchedulerLocal     = "local"
)

// Values of Config.JobStatus.
const (
	JobStatusKubernetes = "kubernetes"
	JobStatusEvents     = "events"
	JobStatusQueue      = "queue"
)

// Config holds all settings, validated. The zero value is not usable; see Load.
type Config struct {
	Listen       string // host:port
	Target       string
	MaxRequests  int    // of events, and of calls, in progress
	StateRedis   Secret // URL; "" is the embedded Redis
	StateTLS     TLSFiles
	AllowedHosts []string

	Scheduler     string
	TickSink      string // URL, or ksvc/NAME in a cluster; "" with the metronome: this instance
	JobStatus     string
	JobNamespace  string
	PingNamespace string // for PingSources; "" is the program's own
	Kubeconfig    string // path; "" is in-cluster
	// CredentialsDir is the folder with the Secrets that jobs name; "": they are in
	// Kubernetes if JobStatus is.
	CredentialsDir string
	StaleAfter     time.Duration
	MaxAge         time.Duration

	MaxJobs          int // living jobs in all; 0: no limit
	MaxJobsPerCaller int // living jobs of one caller; 0: no limit
	TrustedProxies   int // that append to X-Forwarded-For

	MinPeriod     time.Duration
	DefaultPeriod time.Duration
	TickSpacing   float64
	TickJitter    time.Duration
	Retries       int
	FailAfter     time.Duration
	Retention     time.Duration

	Events Events

	SubmissionZone *time.Location
	LogLevel       slog.Level
	Telemetry      Telemetry
	Plugins        []string

	Influx Influx

	Auth Auth

	// Warnings name what is ignored but looks like a mistake. A main logs them once.
	Warnings []string
}

// Plugin is the name of the built-in plugin.
const Plugin = "kubejobs"

// Secret is a setting that must not be shown.
type Secret string

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "[redacted]"
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the secret from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides the secret from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Reveal returns the secret itself, for the driver that needs it.
func (s Secret) Reveal() string { return string(s) }

// ownURL returns the URL at which the program reaches itself: the listen address,
// or loopback if it listens on all interfaces.
func ownURL(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "" // Load has reported it
	}
	if address, err := netip.ParseAddr(host); host == "" || (err == nil && address.IsUnspecified()) {
		host = "127.0.0.1"
	}
	own := url.URL{Scheme: "http", Host: net.JoinHostPort(host, port), Path: "/"}
	return own.String()
}

// split returns the entries of a comma-separated list.
func split(text string) []string {
	var entries []string
	for entry := range strings.SplitSeq(text, ",") {
		if entry = strings.TrimSpace(entry); entry != "" {
			entries = append(entries, entry)
		}
	}
	return entries
}
