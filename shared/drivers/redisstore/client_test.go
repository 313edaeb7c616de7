package redisstore_test

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/drivers/redisstore"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		url  string
		kind string
	}{
		"one server": {"redis://u:secret@127.0.0.1:6379/3", "single"},
		"with TLS":   {"rediss://127.0.0.1:6380", "single"},
		"Cluster":    {"redis://u:secret@127.0.0.1:7000?addr=127.0.0.1:7001", "cluster"},
		"Sentinel":   {"redis://u:secret@127.0.0.1:26379/0?master_name=main", "single"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := redisstore.Open(tt.url, redisstore.TLS{})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			kind := "single"
			if _, ok := client.(*redis.ClusterClient); ok {
				kind = "cluster"
			}
			if kind != tt.kind {
				t.Errorf("Open(%q) returned a %s client, want %s", tt.url, kind, tt.kind)
			}
		})
	}
}

func TestOpenErrorsHideThePassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"redis://u:secret@127.0.0.1:port", "http://u:secret@127.0.0.1", "redis://u:secret@127.0.0.1/x/y",
		"redis://u:secret@127.0.0.1?no_such=1", "redis://u:secret%zz@127.0.0.1",
	} {
		client, err := redisstore.Open(url, redisstore.TLS{})
		if err == nil {
			t.Errorf("Open(%q) = %v, want an error", url, client)
			continue
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}
