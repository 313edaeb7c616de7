package config_test

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/platform/config"
)

// lookup finds variables in a map.
func lookup(env map[string]string) config.Lookup {
	return func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
}

// load loads valid settings.
func load(t *testing.T, env map[string]string) config.Config {
	t.Helper()
	cfg, err := config.Load(lookup(env))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// wrong returns the settings that an error names, sorted.
func wrong(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	typed, ok := errors.AsType[*config.Error](err)
	if !ok {
		t.Fatalf("error is a %T, want *config.Error: %v", err, err)
	}
	var names []string
	for _, p := range typed.Problems {
		names = append(names, p.Setting)
		if !strings.Contains(err.Error(), p.Setting+": "+p.Text) {
			t.Errorf("the error's text lacks %v: %v", p, err)
		}
	}
	slices.Sort(names)
	return names
}

// openAuth are the defaults of who may call: anybody.
var openAuth = config.Auth{
	RolesClaim: "groups", StartBurst: 50, Sources: config.Sources{Sweep: "sweep", Jobs: "kubejobs-job-events", Metronome: "metronome"},
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	want := config.Config{
		Listen: ":8080", Target: "all", MaxRequests: 512,
		Scheduler: "local", TickSink: "http://127.0.0.1:8080/", JobStatus: "queue", JobNamespace: "default",
		StaleAfter: 10 * time.Minute, MaxAge: 720 * time.Hour, MaxJobs: 100_000,
		AllowedHosts: []string{
			"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "127.0.0.0/8", "::1/128",
		},
		MinPeriod: 2 * time.Second, DefaultPeriod: 2 * time.Second, TickSpacing: 0.4, TickJitter: 500 * time.Millisecond,
		Retries: 10, FailAfter: 2 * time.Minute, Retention: 168 * time.Hour,
		SubmissionZone: time.UTC, LogLevel: slog.LevelInfo, Plugins: []string{"kubejobs"},
		Events: config.Events{Samples: true}, Influx: config.Influx{HostTag: "server01"}, Auth: openAuth,
		Telemetry: config.Telemetry{Serve: true, Jobs: 200, Service: "kubejobs"},
	}
	tests := map[string]struct{ env map[string]string }{
		"nothing is set":     {nil},
		"empty is not set":   {map[string]string{"PORT": "", "LOG_LEVEL": " ", "STATE_REDIS_URL": "\t", "TICK_SINK": ""}},
		"K_SERVICE is empty": {map[string]string{"K_SERVICE": ""}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, load(t, tt.env), cmp.Comparer(sameZone)); diff != "" {
				t.Errorf("Load (-want +got):\n%s", diff)
			}
		})
	}
}

func sameZone(a, b *time.Location) bool { return a.String() == b.String() }

func TestLoad(t *testing.T) {
	t.Parallel()
	want := config.Config{
		Listen: ":9090", Target: "tick", MaxRequests: 9, StateRedis: "rediss://user:pw@redis:6380/1", TickSink: "https://tick.default.svc/x",
		Scheduler: "local", JobStatus: "events", JobNamespace: "batch", PingNamespace: "ticks",
		Events:     config.Events{Samples: true},
		StaleAfter: time.Hour, MaxAge: 24 * time.Hour, MaxJobs: 10_000_000, MaxJobsPerCaller: 7, TrustedProxies: 100,
		AllowedHosts: []string{"10.1.0.0/16", "*.batch.svc"},
		MinPeriod:    time.Second, DefaultPeriod: 5 * time.Second, TickSpacing: 0, TickJitter: 0,
		Retries: 3, FailAfter: time.Minute, Retention: time.Hour, LogLevel: slog.LevelWarn, Plugins: []string{"kubejobs", "other"},
		Influx:    config.Influx{HostTag: "server01"},
		Auth:      openAuth,
		Telemetry: config.Telemetry{Jobs: 7, Service: "monitor"},
	}
	got := load(t, map[string]string{
		"PORT": " 9090 ", "FUNCTION_TARGET": "tick", "STATE_REDIS_URL": "rediss://user:pw@redis:6380/1",
		"TICK_SINK": "https://tick.default.svc/x", "JOB_NAMESPACE": "batch", "ALLOWED_HOSTS": "10.1.0.0/16, *.batch.svc,",
		"MIN_PERIOD": "1s", "DEFAULT_PERIOD": "5s", "TICK_SPACING": "0", "TICK_JITTER": "0s", "RETRIES": "3", "FAIL_AFTER": "1m",
		"RETENTION": "1h", "SUBMISSION_TIMEZONE": "America/Recife", "LOG_LEVEL": "warn", "PLUGINS": "kubejobs, other",
		"SCHEDULER": "local", "JOB_STATUS": "events", "K_SERVICE": "monitor", "PINGSOURCE_NAMESPACE": "ticks",
		"STALE_AFTER": "1h", "MAX_AGE": "24h", "METRICS_JOBS": "7", "MAX_REQUESTS": "9",
		"MAX_JOBS": "10000000", "MAX_JOBS_PER_CALLER": "7", "TRUSTED_PROXIES": "100",
	})
	if zone := got.SubmissionZone.String(); zone != "America/Recife" {
		t.Errorf("SubmissionZone = %s, want America/Recife", zone)
	}
	got.SubmissionZone = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Load (-want +got):\n%s", diff)
	}
}

func TestInACluster(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]map[string]string{
		"in a pod":          {"KUBERNETES_SERVICE_HOST": "10.0.0.1"},
		"with a kubeconfig": {"KUBECONFIG": "/home/x/.kube/config"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := load(t, env)
			if got.Scheduler != config.SchedulerKnative || got.JobStatus != config.JobStatusKubernetes || got.TickSink != "ksvc/tick" {
				t.Errorf("scheduler %q, job status %q, sink %q, want knative, kubernetes, ksvc/tick", got.Scheduler, got.JobStatus, got.TickSink)
			}
			if slices.Contains(got.AllowedHosts, "127.0.0.0/8") {
				t.Error("loopback is allowed in a cluster")
			}
		})
	}
}

// If one Service serves every unit, ticks are sent to it.
func TestSinkInKnative(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ target, want string }{
		"one Service":        {"all", "ksvc/kubejobs"},
		"a Service of three": {"monitor", "ksvc/tick"},
	}
	for name, tt := range tests {
		got := load(t, map[string]string{
			"KUBERNETES_SERVICE_HOST": "10.0.0.1", "K_SERVICE": "kubejobs", "FUNCTION_TARGET": tt.target,
			"STATE_REDIS_URL": "redis://redis:6379",
		})
		if got.TickSink != tt.want {
			t.Errorf("%s: sink %q, want %q", name, got.TickSink, tt.want)
		}
	}
}

func TestLoadNamesTheWrongSetting(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		env  map[string]string
		want []string
	}{
		"port over the range":          {map[string]string{"PORT": "65536"}, []string{"PORT"}},
		"port is a name":               {map[string]string{"PORT": "http"}, []string{"PORT"}},
		"unknown target":               {map[string]string{"FUNCTION_TARGET": "Tick"}, []string{"FUNCTION_TARGET"}},
		"redis without a scheme":       {map[string]string{"STATE_REDIS_URL": "redis:6379"}, []string{"STATE_REDIS_URL"}},
		"redis without a host":         {map[string]string{"STATE_REDIS_URL": "redis://"}, []string{"STATE_REDIS_URL"}},
		"redis with scheme http":       {map[string]string{"STATE_REDIS_URL": "http://redis"}, []string{"STATE_REDIS_URL"}},
		"Knative without a redis":      {map[string]string{"K_SERVICE": "tick"}, []string{"STATE_REDIS_URL"}},
		"sink without a scheme":        {map[string]string{"TICK_SINK": "tick.svc"}, []string{"TICK_SINK"}},
		"sink without a host":          {map[string]string{"TICK_SINK": "http:///tick"}, []string{"TICK_SINK"}},
		"an allowed host with a port":  {map[string]string{"ALLOWED_HOSTS": "redis:6379"}, []string{"ALLOWED_HOSTS"}},
		"an allowed host of two parts": {map[string]string{"ALLOWED_HOSTS": "127.1"}, []string{"ALLOWED_HOSTS"}},
		"allowed host":                 {map[string]string{"ALLOWED_HOSTS": "10.0.0.0/8,10.0.0.0/33"}, []string{"ALLOWED_HOSTS"}},
		"period without a unit":        {map[string]string{"MIN_PERIOD": "2"}, []string{"MIN_PERIOD"}},
		"period under a second":        {map[string]string{"MIN_PERIOD": "999ms"}, []string{"MIN_PERIOD"}},
		"default under the minimum":    {map[string]string{"MIN_PERIOD": "5s", "DEFAULT_PERIOD": "4s"}, []string{"DEFAULT_PERIOD"}},
		"spacing of a whole period":    {map[string]string{"TICK_SPACING": "1"}, []string{"TICK_SPACING"}},
		"spacing that is NaN":          {map[string]string{"TICK_SPACING": "NaN"}, []string{"TICK_SPACING"}},
		"negative jitter":              {map[string]string{"TICK_JITTER": "-1ms"}, []string{"TICK_JITTER"}},
		"no request at a time":         {map[string]string{"MAX_REQUESTS": "0"}, []string{"MAX_REQUESTS"}},
		"jobs under 0":                 {map[string]string{"MAX_JOBS": "-1"}, []string{"MAX_JOBS"}},
		"more than ten million jobs":   {map[string]string{"MAX_JOBS": "10000001"}, []string{"MAX_JOBS"}},
		"jobs of a caller under 0":     {map[string]string{"MAX_JOBS_PER_CALLER": "-1"}, []string{"MAX_JOBS_PER_CALLER"}},
		"proxies by address":           {map[string]string{"TRUSTED_PROXIES": "10.0.0.1"}, []string{"TRUSTED_PROXIES"}},
		"too many proxies":             {map[string]string{"TRUSTED_PROXIES": "101"}, []string{"TRUSTED_PROXIES"}},
		"retries under 1":              {map[string]string{"RETRIES": "0"}, []string{"RETRIES"}},
		"retries with a fraction":      {map[string]string{"RETRIES": "1.5"}, []string{"RETRIES"}},
		"retention too short":          {map[string]string{"RETENTION": "1s"}, []string{"RETENTION"}},
		"unknown zone":                 {map[string]string{"SUBMISSION_TIMEZONE": "Mars"}, []string{"SUBMISSION_TIMEZONE"}},
		"unknown level":                {map[string]string{"LOG_LEVEL": "INFO"}, []string{"LOG_LEVEL"}},
		"plugins without ours":         {map[string]string{"PLUGINS": "other"}, []string{"PLUGINS"}},
		"unknown scheduler":            {map[string]string{"SCHEDULER": "cron"}, []string{"SCHEDULER"}},
		"invalid namespaces":           {map[string]string{"JOB_NAMESPACE": "A", "PINGSOURCE_NAMESPACE": "b."}, []string{"JOB_NAMESPACE", "PINGSOURCE_NAMESPACE"}},
		"ksvc without Knative":         {map[string]string{"TICK_SINK": "ksvc/tick"}, []string{"TICK_SINK"}},
		"unknown job status":           {map[string]string{"JOB_STATUS": "guess"}, []string{"JOB_STATUS"}},
		"all at once": {
			map[string]string{"PORT": "x", "RETRIES": "x", "LOG_LEVEL": "x", "TICK_SINK": "x", "ALLOWED_HOSTS": "*"},
			[]string{"ALLOWED_HOSTS", "LOG_LEVEL", "PORT", "RETRIES", "TICK_SINK"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(lookup(tt.env))
			if diff := cmp.Diff(tt.want, wrong(t, err)); diff != "" {
				t.Errorf("wrong settings (-want +got):\n%s\n%v", diff, err)
			}
		})
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		listen string
		sink   string
		want   []string // settings named
	}{
		"every interface":        {":8080", "http://127.0.0.1:8080/", nil},
		"every IPv4 interface":   {"0.0.0.0:9000", "http://127.0.0.1:9000/", nil},
		"every IPv6 interface":   {"[::]:9000", "http://127.0.0.1:9000/", nil},
		"one interface":          {"10.1.2.3:80", "http://10.1.2.3:80/", nil},
		"one IPv6 interface":     {"[::1]:80", "http://[::1]:80/", nil},
		"a name":                 {"localhost:8080", "http://localhost:8080/", nil},
		"no port":                {"localhost", "", []string{"LISTEN_ADDRESS"}},
		"a port over the range":  {"localhost:70000", "", []string{"LISTEN_ADDRESS"}},
		"a port that is a name":  {"localhost:http", "", []string{"LISTEN_ADDRESS"}},
		"IPv6 without brackets":  {"::1:80", "", []string{"LISTEN_ADDRESS"}},
		"an invalid host":        {"a b:80", "", []string{"LISTEN_ADDRESS"}},
		"brackets around IPv4":   {"[127.0.0.1]:80", "", []string{"LISTEN_ADDRESS"}},
		"brackets around a name": {"[localhost]:80", "", []string{"LISTEN_ADDRESS"}},
		"IPv4 of two parts":      {"127.1:80", "", []string{"LISTEN_ADDRESS"}},
		"a zone":                 {"[fe80::1%eth0]:80", "http://[fe80::1%25eth0]:80/", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, err := config.Load(lookup(map[string]string{"LISTEN_ADDRESS": tt.listen, "PORT": "1234"}))
			if diff := cmp.Diff(tt.want, wrong(t, err)); diff != "" {
				t.Fatalf("wrong settings (-want +got):\n%s", diff)
			}
			if err == nil && (cfg.Listen != tt.listen || cfg.TickSink != tt.sink) {
				t.Errorf("Listen, TickSink = %q, %q, want %q, %q", cfg.Listen, cfg.TickSink, tt.listen, tt.sink)
			}
		})
	}
}
