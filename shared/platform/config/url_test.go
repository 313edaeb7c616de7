package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/platform/config"
)

func TestLoadDoesNotShowAWrongStateRedis(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ url string }{
		"another scheme":      {"http://:hunter2@redis:6379"},
		"no host":             {"redis://:hunter2@"},
		"no URL":              {"redis://:hunter2@redis:port"},
		"a slash":             {"redis://:1/hunter2@redis:6379"},
		"a slash first":       {"redis://:/hunter2@redis:6379/0"},
		"a slash, a user":     {"rediss://kube:6379/hunter2@redis:6379/0"},
		"a question mark":     {"redis://:1?hunter2@redis"},
		"a hash":              {"redis://:1#hunter2@redis"},
		"a slash and an at":   {"redis://:a@b/hunter2@redis"},
		"a per cent sign":     {"redis://:hunter2%zz@redis"},
		"a space":             {"redis://:hunter2 x@redis"},
		"a bracket":           {"redis://:hunter2[@redis"},
		"a backslash":         {`redis://:hunter2\@redis`},
		"a control character": {"redis://:hunter2@redis\x7f"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(lookup(map[string]string{"STATE_REDIS_URL": tt.url}))
			if diff := cmp.Diff([]string{"STATE_REDIS_URL"}, wrong(t, err)); diff != "" {
				t.Fatalf("wrong settings (-want +got):\n%s", diff)
			}
			if strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "percent-encoded (%2F for /") {
				t.Errorf("the error shows the password or lacks the hint: %v", err)
			}
		})
	}
}

func TestLoadAcceptsStateRedis(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"redis://redis", "redis://redis:6379/3", "rediss://user:pw@redis:6380/1", "redis://:a%2Fb%3Fc%23d%40e@redis/1",
		"redis://[::1]:6379", "REDIS://Redis.SVC.:6379", "redis://:a@b@redis", "redis://:pw@a:6379?addr=b:6379",
		"redis://:pw@a:26379/0?master_name=main&client_name=a%40b",
	} {
		if got := load(t, map[string]string{"STATE_REDIS_URL": text}).StateRedis.Reveal(); got != text {
			t.Errorf("StateRedis = %q, want %q", got, text)
		}
	}
}

// A sink may hold a password too, wherever it stands.
func TestLoadDoesNotShowAWrongSink(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{"TICK_SINK", "EVENTS_SINK", "K_SINK", "INFLUX_URL", "OTEL_EXPORTER_OTLP_ENDPOINT"} {
		for _, text := range []string{
			"http://user:hunter2@tick", "http://user:1/hunter2@tick", "http://:hunter2@tick:port", "ftp://user:hunter2@tick",
			"http://hunter2 @tick", "user:hunter2@tick", "http://user:hunter2%zz@tick",
		} {
			_, err := config.Load(lookup(map[string]string{setting: text}))
			if diff := cmp.Diff([]string{setting}, wrong(t, err)); diff != "" {
				t.Errorf("%s=%s: wrong settings (-want +got):\n%s", setting, text, diff)
			} else if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows the password: %v", err)
			}
		}
	}
}

// Every setting with a URL accepts each spelling of a host, and no text that is no
// host.
func TestHostsOfURLs(t *testing.T) {
	t.Parallel()
	schemes := map[string]string{
		"STATE_REDIS_URL": "redis", "TICK_SINK": "http", "EVENTS_SINK": "http", "INFLUX_URL": "http",
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http",
	}
	for host, ok := range map[string]bool{
		"Redis.SVC.": true, "[fd00::1]": true, "[::ffff:10.0.0.1]:80": true, "10.0.0.1:80": true, "a_b": true,
		"[fd00::1": false, "fd00::1": false, "[10.0.0.1]": false, "[a]": false, "10.0.0.256": false, "127.1": false,
		"a..b": false, "a:65536": false, "a%20b": false,
	} {
		for setting, scheme := range schemes {
			_, err := config.Load(lookup(map[string]string{setting: scheme + "://" + host}))
			if (err == nil) != ok {
				t.Errorf("%s=%s://%s: %v, want accepted %t", setting, scheme, host, err, ok)
			}
		}
	}
}

// Other spellings of an address listen on the same one.
func TestListenSpellings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"LocalHost.:80": "localhost:80", "[::ffff:127.0.0.1]:80": "127.0.0.1:80", "[0:0::1]:80": "[::1]:80",
		"[::FFFF:0.0.0.0]:80": "0.0.0.0:80",
	} {
		if got := load(t, map[string]string{"LISTEN_ADDRESS": text}).Listen; got != want {
			t.Errorf("LISTEN_ADDRESS=%s: Listen %q, want %q", text, got, want)
		}
	}
}
