package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/testkit/failuretest"
)

// names are the settings whose values the fuzzer chooses. MONITOR_CONFIG is not
// among them, because it would open any file.
var names = []string{
	"PORT", "LISTEN_ADDRESS", "FUNCTION_TARGET", "STATE_REDIS_URL", "K_SERVICE", "SCHEDULER", "TICK_SINK", "JOB_STATUS",
	"JOB_NAMESPACE", "ALLOWED_HOSTS", "MIN_PERIOD", "DEFAULT_PERIOD", "TICK_SPACING", "TICK_JITTER", "RETRIES", "RETENTION",
	"SUBMISSION_TIMEZONE", "LOG_LEVEL", "PLUGINS", "PINGSOURCE_NAMESPACE", "STALE_AFTER", "MAX_AGE", "FAIL_AFTER", "EVENTS_SINK",
	"EVENTS_SAMPLES", "K_SINK", "K_CE_OVERRIDES", "K_CA_CERTS", "INFLUX_URL", "INFLUX_HOST_TAG", "INFLUX_DATABASE", "INFLUX_USER",
	"INFLUX_ORG", "INFLUX_BUCKET", "METRICS", "METRICS_JOBS", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_SDK_DISABLED",
	"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_SCHEDULE_DELAY",
	"METRONOME_SOURCE",
}

// secret is a password in settings.
const secret = "hunter2-planted"

// urls are the settings that somebody may give a URL with a password.
var urls = []string{
	"STATE_REDIS_URL", "TICK_SINK", "EVENTS_SINK", "K_SINK", "INFLUX_URL", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
}

// Settings are refused by name, or they are within their bounds.
func FuzzLoad(f *testing.F) {
	for i := range names {
		for _, value := range []string{"", "1", "1s", "NaN", "-1", "::", "redis://a", "%zz", "[", "\x00", "9223372036854775808", "*.", strings.Repeat("\u202e", 90)} {
			f.Add(uint8(i), value)
		}
	}
	f.Fuzz(func(t *testing.T, i uint8, value string) {
		setting := names[int(i)%len(names)]
		cfg, err := config.Load(lookup(map[string]string{setting: value}))
		if err != nil {
			if len(wrong(t, err)) == 0 {
				t.Errorf("%s=%q: the error names no setting: %v", setting, value, err)
			}
			expectShown(t, err)
			return
		}
		for _, warning := range cfg.Warnings {
			failuretest.Printable(t, warning)
		}
		const day, years = 24 * time.Hour, 10 * 365 * 24 * time.Hour
		if cfg.MinPeriod < time.Second || cfg.DefaultPeriod < cfg.MinPeriod || cfg.DefaultPeriod > day || cfg.Retries < 1 || cfg.Retention < time.Minute ||
			cfg.Retention > years || !(cfg.TickSpacing >= 0 && cfg.TickSpacing < 1) || cfg.TickJitter < 0 || cfg.StaleAfter < time.Minute ||
			cfg.MaxAge < time.Minute || cfg.FailAfter < 0 || cfg.SubmissionZone == nil || cfg.Telemetry.Jobs < 0 || cfg.Telemetry.Jobs > 10_000 {
			t.Errorf("%s=%q was accepted: %+v", setting, value, cfg)
		}
		if _, err := egress.Parse(cfg.AllowedHosts); err != nil || len(cfg.AllowedHosts) == 0 {
			t.Errorf("%s=%q: the hosts %q were accepted: %v", setting, value, cfg.AllowedHosts, err)
		}
		if again := load(t, map[string]string{setting: value, "LISTEN_ADDRESS": cfg.Listen}); again.Listen != cfg.Listen {
			t.Errorf("%s=%q: the address %q is read as %q", setting, value, cfg.Listen, again.Listen)
		}
	})
}

// No text shows a password that somebody put into a URL, or a secret of its own.
func FuzzSecrets(f *testing.F) {
	for i := range urls {
		for _, host := range []string{"a", "a:1", "[::1", "a b", "a/x?y#z", "%zz", "a:port", "\x7f", "@", ""} {
			f.Add(uint8(i), "redis://user:", "@"+host)
			f.Add(uint8(i), "http://", "@"+host)
			f.Add(uint8(i), "https://a/", host)
		}
	}
	f.Fuzz(func(t *testing.T, i uint8, before, after string) {
		if before == "" && after == "" || strings.Contains(before+after, "hunter") {
			return // the name of a host is no secret
		}
		value := before + secret + after
		if at := strings.Index(value, "@"); at < strings.Index(value, secret) && !strings.HasPrefix(before, "https://a/") {
			return // the secret is no password
		}
		setting := urls[int(i)%len(urls)]
		cfg, err := config.Load(lookup(map[string]string{
			setting: value, "INFLUX_PASSWORD": secret + "\x00a", "INFLUX_USER": "user:" + secret, "INFLUX_TOKEN": secret, "OTEL_EXPORTER_OTLP_HEADERS": "a=" + secret,
		}))
		if err == nil {
			t.Fatal("a password with a control character was accepted")
		}
		expectShown(t, err)
		if text := fmt.Sprint(err, cfg.Warnings); strings.Contains(text, secret) {
			t.Errorf("%s=%q: the secret is in %s", setting, value, text)
		}
	})
}

// expectShown checks the text of each problem.
func expectShown(t *testing.T, err error) {
	t.Helper()
	typed, _ := errors.AsType[*config.Error](err)
	for _, p := range typed.Problems {
		failuretest.Printable(t, p.Text)
	}
}

// A file is refused with a short text, or read; it means the same with the ends of
// lines and the byte order mark of another system, and with spaces at the ends.
func FuzzMonitorConfig(f *testing.F) {
	for _, text := range []string{
		"[general]\nhost = a\nport = 1\n", "[general]\nport = %(port)s\n", "[general\n", "\"\"\"", "[DEFAULT]\nPort: 1\n  2\n\n[general]\n# a\n",
		"[general]\nplugins = kubejobs,\n  other\n\n\n[kubejobs]\n", "[general]\nhost = a\nHOST = b\n", "[a]\n[a]\n", "a = b", "[general]\n= a", "[general]\n\u2003retries: 3\n",
		"[general]\ndebug = maybe\n[" + strings.Repeat("\u202e", 90) + "]\nx=1", "[general]\n\x85port = 2\n", "[general]\n\u212aey = 1\nport=3\x0b\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read := func(text string) (config.Config, error) {
			return config.Load(lookup(map[string]string{"MONITOR_CONFIG": file(t, text)}))
		}
		cfg, err := read(text)
		if err != nil {
			if len(wrong(t, err)) == 0 {
				t.Errorf("the error names no setting: %v", err)
			}
			expectShown(t, err)
		}
		for _, warning := range cfg.Warnings {
			if short := failure.Clean(warning); short != warning {
				t.Errorf("the warning %q is long or cannot be printed", warning)
			}
		}
		if strings.ContainsAny(text, "\r\ufeff") {
			return
		}
		again, other := read("\ufeff" + strings.ReplaceAll(text, "\n", " \r\n"))
		type part struct {
			Listen   string
			Plugins  []string
			Retries  int
			Warnings []string
			Failed   bool
		}
		want := part{cfg.Listen, cfg.Plugins, cfg.Retries, cfg.Warnings, err != nil}
		if diff := cmp.Diff(want, part{again.Listen, again.Plugins, again.Retries, again.Warnings, other != nil}); diff != "" {
			t.Errorf("%q means something else with CRLF (-LF +CRLF), %v, %v:\n%s", text, err, other, diff)
		}
	})
}
