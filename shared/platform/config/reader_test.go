package config_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/platform/config"
)

// file writes a monitor.cfg and returns its path.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "monitor.cfg")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMonitorConfig(t *testing.T) {
	t.Parallel()
	type settings struct {
		Listen  string
		Plugins []string
		Retries int
		Level   slog.Level
	}
	const all = "[general]\nhost = 10.1.2.3\nport = 5001\nplugins = kubejobs,other\ndebug = True\nretries = 7\n"
	tests := map[string]struct {
		text string
		env  map[string]string
		want settings
	}{
		"everything": {
			all, nil,
			settings{"10.1.2.3:5001", []string{"kubejobs", "other"}, 7, slog.LevelDebug},
		},
		"the environment wins": {
			all,
			map[string]string{"PORT": "8081", "PLUGINS": "kubejobs", "RETRIES": "2", "LOG_LEVEL": "error"},
			settings{"10.1.2.3:8081", []string{"kubejobs"}, 2, slog.LevelError},
		},
		"LISTEN_ADDRESS wins over host and port": {
			all,
			map[string]string{"LISTEN_ADDRESS": "127.0.0.1:1"},
			settings{"127.0.0.1:1", []string{"kubejobs", "other"}, 7, slog.LevelDebug},
		},
		"the file wins over an empty variable": {
			all,
			map[string]string{"PORT": "", "RETRIES": " "},
			settings{"10.1.2.3:5001", []string{"kubejobs", "other"}, 7, slog.LevelDebug},
		},
		"empty keys are not set": {
			"[general]\nhost =\nport =\nplugins =\ndebug =\nretries =\n", nil,
			settings{":8080", []string{"kubejobs"}, 10, slog.LevelInfo},
		},
		"the example of the Monitor's documentation": {
			"[general]\nhost = 0.0.0.0\nport = 5001\nplugins = kubejobs\ndebug = False\nretries = 5\n\n" +
				"[kubejobs]\nk8s_manifest = /etc/kube.conf\n",
			nil,
			settings{"0.0.0.0:5001", []string{"kubejobs"}, 5, slog.LevelInfo},
		},
		"debug off keeps the level": {
			"[general]\ndebug = false\n", nil,
			settings{":8080", []string{"kubejobs"}, 10, slog.LevelInfo},
		},
		"no section": {"", nil, settings{":8080", []string{"kubejobs"}, 10, slog.LevelInfo}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{"MONITOR_CONFIG": file(t, tt.text)}
			for setting, value := range tt.env {
				env[setting] = value
			}
			cfg := load(t, env)
			got := settings{cfg.Listen, cfg.Plugins, cfg.Retries, cfg.LogLevel}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInvalidMonitorConfig(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path string
		want []string
	}{
		"no such file": {filepath.Join(t.TempDir(), "none.cfg"), []string{"MONITOR_CONFIG"}},
		"a folder":     {t.TempDir(), []string{"MONITOR_CONFIG"}},
		"no INI":       {file(t, "[general\nport"), []string{"MONITOR_CONFIG"}},
		"debug":        {file(t, "[general]\ndebug = maybe\n"), []string{"MONITOR_CONFIG"}},
		"port":         {file(t, "[general]\nport = many\n"), []string{"PORT"}},
		"all at once": {
			file(t, "[general]\nport = 0x1\nretries = -1\nplugins = none\ndebug = 2\n"),
			[]string{"MONITOR_CONFIG", "PLUGINS", "PORT", "RETRIES"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(lookup(map[string]string{"MONITOR_CONFIG": tt.path}))
			if diff := cmp.Diff(tt.want, wrong(t, err)); diff != "" {
				t.Errorf("wrong settings (-want +got):\n%s\n%v", diff, err)
			}
		})
	}
}

// names are the settings whose values the fuzzer chooses. MONITOR_CONFIG is not
// among them, because it would open any file.
var names = []string{
	"PORT", "LISTEN_ADDRESS", "FUNCTION_TARGET", "STATE_REDIS_URL", "K_SERVICE", "SCHEDULER", "TICK_SINK", "JOB_STATUS",
	"JOB_NAMESPACE", "ALLOWED_HOSTS", "MIN_PERIOD", "DEFAULT_PERIOD", "TICK_SPACING", "TICK_JITTER", "RETRIES", "RETENTION",
	"SUBMISSION_TIMEZONE", "LOG_LEVEL", "PLUGINS",
}

func FuzzLoad(f *testing.F) {
	for i := range names {
		for _, value := range []string{"", "1", "1s", "NaN", "-1", "::", "redis://a", "%zz", "[", "\x00", "9223372036854775808", "*."} {
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
			return
		}
		if cfg.MinPeriod <= 0 || cfg.DefaultPeriod < cfg.MinPeriod || cfg.Retries < 1 || cfg.Retention <= 0 ||
			!(cfg.TickSpacing >= 0 && cfg.TickSpacing < 1) || cfg.SubmissionZone == nil || len(cfg.AllowedHosts) == 0 {
			t.Errorf("%s=%q was accepted: %+v", setting, value, cfg)
		}
	})
}

func FuzzMonitorConfig(f *testing.F) {
	f.Add("[general]\nhost = a\nport = 1\n")
	f.Add("[general]\nport = %(port)s\n")
	f.Add("[general\n")
	f.Add("\"\"\"")
	f.Fuzz(func(t *testing.T, text string) {
		_, err := config.Load(lookup(map[string]string{"MONITOR_CONFIG": file(t, text)}))
		if err != nil && len(wrong(t, err)) == 0 {
			t.Errorf("the error names no setting: %v", err)
		}
	})
}
