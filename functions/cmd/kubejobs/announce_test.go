package main

import (
	"bytes"
	"strings"
	"testing"

	"kubejobs/shared/core/job"
	"kubejobs/shared/platform/config"
)

func TestStateRedis(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		url     string
		address string
		queue   *job.Address
	}{
		"a server":      {"redis://localhost:7000", "localhost:7000", &job.Address{Host: "localhost", Port: 7000}},
		"no port":       {"redis://127.0.0.1", "127.0.0.1:6379", &job.Address{Host: "127.0.0.1", Port: 6379}},
		"IPv6":          {"redis://[::1]:7000/3", "[::1]:7000", &job.Address{Host: "::1", Port: 7000}},
		"a password":    {"redis://:secret@127.0.0.1:7000", "127.0.0.1:7000", nil},
		"TLS":           {"rediss://127.0.0.1:7000", "127.0.0.1:7000", nil},
		"a cluster":     {"redis://127.0.0.1:7000?addr=127.0.0.1:7001", "127.0.0.1:7000", nil},
		"two sentinels": {"redis://127.0.0.1:7000?master_name=m&addr=127.0.0.1:7001", "127.0.0.1:7000", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own, err := stateRedis(config.Secret(tt.url))
			if err != nil {
				t.Fatal(err)
			}
			if own.address != tt.address || (own.queue == nil) != (tt.queue == nil) || (tt.queue != nil && *own.queue != *tt.queue) {
				t.Errorf("stateRedis = %+v, want %s, %v", own, tt.address, tt.queue)
			}
			var out bytes.Buffer
			if err := announce(&out, "127.0.0.1:8080", "", own); err != nil {
				t.Fatal(err)
			}
			text := out.String()
			if !strings.Contains(text, "state is in the Redis at "+tt.address+" (STATE_REDIS_URL)") || strings.Contains(text, "secret") {
				t.Errorf("announced:\n%s", text)
			}
			if named := strings.Contains(text, `"redis_ip":"HOST"`); named != (tt.queue == nil) {
				t.Errorf("the request names a Redis: %t, want %t:\n%s", named, tt.queue == nil, text)
			}
		})
	}
	if own, err := stateRedis(""); own != nil || err != nil {
		t.Errorf("without a URL: %+v, %v, want none", own, err)
	}
}
