package config_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		"keys in any case": {
			"[general]\nHost = 10.1.2.3\nPORT = 5001\nPlugins = kubejobs,other\nDEBUG = True\nRetries = 7\n", nil,
			settings{"10.1.2.3:5001", []string{"kubejobs", "other"}, 7, slog.LevelDebug},
		},
		"the section DEFAULT": {
			"[DEFAULT]\nport = 5001\nretries = 3\n[general]\nretries = 7\n", nil,
			settings{":5001", []string{"kubejobs"}, 7, slog.LevelInfo},
		},
		"DEFAULT after it and in two parts": {
			"[general]\nretries = 7\n[DEFAULT]\nport = 5001\n[DEFAULT]\nretries = 3\n", nil,
			settings{":5001", []string{"kubejobs"}, 7, slog.LevelInfo},
		},
		"only DEFAULT": {
			"[DEFAULT]\nport: 5001\ndebug: on\n", nil,
			settings{":5001", []string{"kubejobs"}, 10, slog.LevelDebug},
		},
		"colons, comments, a continued value": {
			"# a comment\n[general]\nhost: 10.1.2.3\n; another = 1\nport :5001\nplugins = kubejobs,\n\n  # within a value\n  other\nretries=7\n", nil,
			settings{"10.1.2.3:5001", []string{"kubejobs", "other"}, 7, slog.LevelInfo},
		},
		"indented keys": {
			"[general]\n  port = 5001\n  retries = 7\n", nil,
			settings{":5001", []string{"kubejobs"}, 7, slog.LevelInfo},
		},
		"Windows' line ends and a byte order mark": {
			"\ufeff[general]\r\nport = 5001\r\n", nil,
			settings{":5001", []string{"kubejobs"}, 10, slog.LevelInfo},
		},
		"an IPv6 host": {
			"[general]\nhost = ::\n", nil, settings{"[::]:8080", []string{"kubejobs"}, 10, slog.LevelInfo},
		},
		"an IPv6 host in brackets": {
			"[general]\nhost = [::1]\n", nil, settings{"[::1]:8080", []string{"kubejobs"}, 10, slog.LevelInfo},
		},
		"sections are as they are written": {
			"[General]\nport = 5001\n", nil, settings{":8080", []string{"kubejobs"}, 10, slog.LevelInfo},
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
