package secrets_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kubejobs/shared/testkit/certtest"
	"kubejobs/shared/testkit/proctest"
)

// The program ends with an error that names each wrong setting, and shows no part of a
// secret in it.
func TestNoSettingIsShown(t *testing.T) {
	t.Parallel()
	const secret = "pl4nted"
	authority := certtest.NewAuthority(t)
	files, other := authority.Write(t.TempDir(), authority.Client("a")), authority.Write(t.TempDir(), authority.Client("b"))
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string][]string{
		"STATE_REDIS_URL": {
			"redis://u:pl4nted#w/@host", "redis://u:a#pl4nted/@host", "redis://u:a/pl4nted@host", "redis://u:a?pl4nted@host:6379/0",
			"redis://u:pl4nted%zz@host", "redis://:pl4nted@", "http://u:pl4nted@host", "redis://u:a b#pl4nted@host", "u:pl4nted@host",
			"redis://u:pl4nted@host:port", "redis://u:p[pl4nted@host", "redis://u:a\\pl4nted@host",
			"redis://host/pl4nted", "redis://host/0?pl4nted=1", "redis://host/0?db=pl4nted", "redis://host?addr=a&pl4nted=b",
			"redis://host?master_name=a&read_timeout=pl4nted",
		},
		"STATE_REDIS_CA":              {key},
		"STATE_REDIS_CERT":            {key, other.Certificate},
		"INFLUX_PASSWORD":             {"pl4nted\x01"},
		"INFLUX_TOKEN":                {"pl4nted\x01"},
		"INFLUX_USER":                 {"user:pl4nted"},
		"INFLUX_URL":                  {"http://u:pl4nted@host", "http://u:a#pl4nted@host", "http://host?p=pl4nted"},
		"EVENTS_SINK":                 {"http://u:pl4nted@host", "http://u:a/pl4nted@host", "pl4nted@host"},
		"TICK_SINK":                   {"http://u:pl4nted@host", "http://u:a?pl4nted@host"},
		"OTEL_EXPORTER_OTLP_ENDPOINT": {"http://u:pl4nted@host", "http://u:a#pl4nted@host"},
	}
	for setting, values := range tests {
		for _, value := range values {
			t.Run(setting+" "+strings.NewReplacer("/", "_", "\x01", "").Replace(value), func(t *testing.T) {
				t.Parallel()
				settings := []string{
					"LISTEN_ADDRESS=127.0.0.1:0", "LOG_LEVEL=debug", "STATE_REDIS_URL=rediss://127.0.0.1:1",
					"STATE_REDIS_CERT=" + files.Certificate, "STATE_REDIS_KEY=" + files.PrivateKey, "INFLUX_URL=http://127.0.0.1:1",
				}
				output := fail(t, append(settings, setting+"="+value)...)
				if strings.Contains(output, secret) {
					t.Errorf("the output shows the secret: %s", output)
				}
				if !strings.Contains(output, strings.TrimSuffix(setting, "_URL")) && !strings.Contains(output, "state Redis") {
					t.Errorf("the output does not name the setting: %s", output)
				}
			})
		}
	}
}

// fail runs the program, which must end with an error, and returns its output.
func fail(t *testing.T, settings ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), proctest.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "serve")
	cmd.Env = settings
	output, err := cmd.CombinedOutput()
	if err == nil || ctx.Err() != nil {
		t.Fatalf("the program does not fail: %v\n%.2000s", err, output)
	}
	return string(output)
}
