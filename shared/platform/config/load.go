package config

import (
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"kubejobs/shared/core/egress"
)

// Lookup finds a variable, as os.LookupEnv does.
type Lookup func(name string) (string, bool)

// Load reads every setting from lookup, or from the file that MONITOR_CONFIG names
// if lookup has none. An empty variable counts as unset. The error is an Error that
// names every invalid setting.
func Load(lookup Lookup) (Config, error) {
	r := &reader{lookup: lookup, file: map[string]string{}}
	r.readFile()

	scheduler, jobStatus := SchedulerLocal, JobStatusQueue
	if r.cluster() {
		scheduler, jobStatus = SchedulerKnative, JobStatusKubernetes
	}
	c := Config{
		Target:         r.oneOf("FUNCTION_TARGET", TargetAll, Targets()),
		MaxRequests:    r.integer("MAX_REQUESTS", 512, 1, 100_000),
		StateRedis:     r.stateRedis(),
		Scheduler:      r.oneOf("SCHEDULER", scheduler, []string{SchedulerKnative, SchedulerMetronome, SchedulerLocal}),
		JobStatus:      r.oneOf("JOB_STATUS", jobStatus, []string{JobStatusKubernetes, JobStatusEvents, JobStatusQueue}),
		JobNamespace:   r.label("JOB_NAMESPACE", "default"),
		PingNamespace:  r.label("PINGSOURCE_NAMESPACE", ""),
		Kubeconfig:     r.text("KUBECONFIG", ""),
		CredentialsDir: r.folder("CREDENTIALS_DIR"),
		StaleAfter:     r.duration("STALE_AFTER", 10*time.Minute, time.Minute, 365*24*time.Hour),
		MaxAge:         r.duration("MAX_AGE", 720*time.Hour, time.Minute, 10*365*24*time.Hour),
		MaxJobs:        r.integer("MAX_JOBS", 100_000, 0, 10_000_000),
		MinPeriod:      r.duration("MIN_PERIOD", 2*time.Second, time.Second, 24*time.Hour),
		DefaultPeriod:  r.duration("DEFAULT_PERIOD", 2*time.Second, time.Second, 24*time.Hour),
		TickSpacing:    r.fraction("TICK_SPACING", 0.4),
		TickJitter:     r.duration("TICK_JITTER", 500*time.Millisecond, 0, time.Minute),
		Retries:        r.integer("RETRIES", 10, 1, 1_000_000),
		FailAfter:      r.duration("FAIL_AFTER", 2*time.Minute, 0, 24*time.Hour),
		Retention:      r.duration("RETENTION", 168*time.Hour, time.Minute, 10*365*24*time.Hour),
		Plugins:        split(r.text("PLUGINS", Plugin)),
		Events:         r.events(),
	}
	c.StateTLS = r.stateTLS(c.StateRedis)
	c.MaxJobsPerCaller = r.integer("MAX_JOBS_PER_CALLER", 0, 0, 10_000_000)
	c.TrustedProxies = r.integer("TRUSTED_PROXIES", 0, 0, 100)
	c.Listen = r.listen()
	c.Auth = r.auth(c.Scheduler)
	c.TickSink = r.sink(c.Scheduler, c.Target, ownURL(c.Listen))
	c.AllowedHosts = r.hosts(c.Scheduler)
	c.SubmissionZone = r.zone()
	c.LogLevel = r.level()
	c.Influx = r.influx()
	c.Telemetry = r.telemetry()
	if c.DefaultPeriod < c.MinPeriod {
		r.reject("DEFAULT_PERIOD", "want at least MIN_PERIOD, %v, got %v", c.MinPeriod, c.DefaultPeriod)
	}
	if !slices.Contains(c.Plugins, Plugin) {
		r.reject("PLUGINS", "want a list with %q in it, got %q", Plugin, c.Plugins)
	}
	c.Warnings = r.warnings
	return c, r.err()
}

// stateRedis reads STATE_REDIS_URL. It is required in Knative, where an instance and
// its memory end at any time. A wrong URL is not shown, as it may hold a password.
func (r *reader) stateRedis() Secret {
	text := r.text("STATE_REDIS_URL", "")
	if text == "" {
		if r.text("K_SERVICE", "") != "" {
			r.reject("STATE_REDIS_URL", "is required in Knative (K_SERVICE is set): an embedded Redis loses every job with its instance")
		}
		return ""
	}
	switch parsed := parseURL(text, "redis", "rediss"); {
	case parsed != nil:
	case strings.Contains(text, "@"):
		r.reject("STATE_REDIS_URL", "want redis://user:password@host:port or rediss://…, with user and password "+
			"percent-encoded (%%2F for /, %%3F for ?, %%23 for #, %%40 for @, %%25 for %%)")
	default:
		r.reject("STATE_REDIS_URL", "want redis://… or rediss://… with a host")
	}
	return Secret(text)
}

// listen reads LISTEN_ADDRESS. The default is the host of monitor.cfg and PORT.
func (r *reader) listen() string {
	own, port := r.fileText("HOST", ""), r.integer("PORT", 8080, 0, 65535)
	if host, ok := egress.CanonicalHost(own); ok {
		own = host
	}
	text := r.text("LISTEN_ADDRESS", net.JoinHostPort(own, strconv.Itoa(port)))
	host, number, err := net.SplitHostPort(text)
	if err == nil {
		_, err = strconv.ParseUint(number, 10, 16)
	}
	canonical, ok := egress.CanonicalHost(host)
	misplaced := strings.HasPrefix(text, "[") != strings.Contains(host, ":")
	if err != nil || (host != "" && !ok) || misplaced {
		r.reject("LISTEN_ADDRESS", "want host:port, with brackets around an IPv6 address, got %.80q", text)
		return ""
	}
	return net.JoinHostPort(canonical, number)
}

// cluster reports whether a Kubernetes API is configured.
func (r *reader) cluster() bool {
	return r.text("KUBERNETES_SERVICE_HOST", "") != "" || r.text("KUBECONFIG", "") != ""
}

// sink reads where ticks are sent. The default with Knative is the Service tick, or
// the program's own Service if that serves every unit, as after `func deploy`. With
// the local scheduler it is the program's own address, with the metronome the instance
// that takes the beat. A wrong one is not shown, as it may hold a password.
func (r *reader) sink(scheduler, target, own string) string {
	fallback := own
	switch scheduler {
	case SchedulerMetronome:
		fallback = ""
	case SchedulerKnative:
		fallback = "ksvc/" + TargetTick
		if name := r.text("K_SERVICE", ""); target == TargetAll && name != "" {
			fallback = "ksvc/" + name
		}
	}
	text := r.text("TICK_SINK", fallback)
	if scheduler != SchedulerLocal && strings.HasPrefix(text, "ksvc/") {
		return text
	}
	if text == "" {
		return ""
	}
	switch parsed := parseURL(text, "http", "https"); {
	case parsed == nil:
		r.reject("TICK_SINK", "want http://… or https://… with a host, or ksvc/NAME with the schedulers knative and metronome")
	case parsed.User != nil:
		r.reject("TICK_SINK", "want a URL without user and password")
	}
	return text
}

// hosts reads the allowed hosts. The default is the ranges of private networks, and
// with the local scheduler also loopback.
func (r *reader) hosts(scheduler string) []string {
	entries := split(r.text("ALLOWED_HOSTS", ""))
	switch {
	case len(entries) == 0 && scheduler == SchedulerLocal:
		return append(egress.Private(), egress.Loopback()...)
	case len(entries) == 0:
		return egress.Private()
	}
	if _, err := egress.Parse(entries); err != nil {
		r.reject("ALLOWED_HOSTS", "%v", err)
	}
	return entries
}

func (r *reader) zone() *time.Location {
	name := r.text("SUBMISSION_TIMEZONE", "UTC")
	zone, err := time.LoadLocation(name)
	if err != nil {
		r.reject("SUBMISSION_TIMEZONE", "want a name of the IANA time zone database, got %.80q", name)
		return time.UTC
	}
	return zone
}

func (r *reader) level() slog.Level {
	text := r.oneOf("LOG_LEVEL", "info", []string{"debug", "info", "warn", "error"})
	var level slog.Level
	if err := level.UnmarshalText([]byte(strings.ToUpper(text))); err != nil {
		return slog.LevelInfo // oneOf has rejected it
	}
	return level
}
