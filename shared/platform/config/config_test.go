package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"kubejobs/shared/platform/config"
	"kubejobs/shared/platform/logging"
)

func TestSecretIsRedacted(t *testing.T) {
	t.Parallel()
	const secret = "redis://:hunter2@redis:6379"
	cfg := config.Config{StateRedis: secret, Influx: config.Influx{Password: "hunter2", Token: "hunter2"}}
	printed := func(verb string, value any) string { return fmt.Sprintf(verb, value) }
	logged := func(value any) string {
		var line bytes.Buffer
		logging.New(&line, slog.LevelInfo).Info("settings", "value", value)
		return line.String()
	}
	tests := map[string]struct{ shown string }{
		"%v":                   {printed("%v", cfg.StateRedis)},
		"%s":                   {printed("%s", cfg.StateRedis)},
		"%+v":                  {printed("%+v", cfg.StateRedis)},
		"%#v":                  {printed("%#v", cfg.StateRedis)},
		"%q":                   {printed("%q", cfg.StateRedis)},
		"%v of the settings":   {printed("%v", cfg)},
		"%+v of the settings":  {printed("%+v", cfg)},
		"%#v of the settings":  {printed("%#v", cfg)},
		"%+v of a pointer":     {printed("%+v", &cfg)},
		"an error":             {fmt.Errorf("open %v", cfg.StateRedis).Error()},
		"slog":                 {logged(cfg.StateRedis)},
		"slog of the settings": {logged(cfg)},
		"JSON":                 {encoded(t, cfg.StateRedis)},
		"JSON of the settings": {encoded(t, cfg)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.Contains(tt.shown, "hunter2") || !strings.Contains(tt.shown, "[redacted]") {
				t.Errorf("shown as %s, want [redacted]", tt.shown)
			}
		})
	}
	if got := cfg.StateRedis.Reveal(); got != secret {
		t.Errorf("Reveal() = %q, want %q", got, secret)
	}
}

// An empty secret is shown as empty.
func TestSecretThatIsNotSet(t *testing.T) {
	t.Parallel()
	if got := config.Secret("").String(); got != "" {
		t.Errorf("String() = %q, want \"\"", got)
	}
}

func encoded(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
