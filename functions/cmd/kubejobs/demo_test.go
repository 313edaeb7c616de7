package main

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"kubejobs/functions"
	"kubejobs/shared/client"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/testkit/openapitest"
)

// A demo whose job never ran fails its checks.
func TestCheckNamesWhatFailed(t *testing.T) {
	t.Parallel()
	cfg, err := config.Load(func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	set, err := functions.Open(t.Context(), cfg, slog.New(slog.DiscardHandler), functions.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close(t.Context()) })
	handler, err := set.Handler(config.TargetAll)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(openapitest.Handler(t, config.TargetAll, handler))
	t.Cleanup(server.Close)
	queue := redis.NewClient(&redis.Options{Addr: set.EmbeddedRedis()})
	t.Cleanup(func() { _ = queue.Close() })
	c, err := client.New(client.Options{Server: server.URL})
	if err != nil {
		t.Fatal(err)
	}

	var out bytes.Buffer
	err = check(t.Context(), &out, set, c, queue, monitor.Status{Phase: job.PhaseRunning, Items: 3, Samples: 1})
	if err == nil {
		t.Fatal("check = nil, want an error")
	}
	for _, want := range []string{"the job finished", "every item has a result", "every sample is in", "the report exists"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not among what failed: %v", want, err)
		}
	}
	if !strings.Contains(out.String(), "ok   the schedule is gone") {
		t.Errorf("the check that passes is not shown:\n%s", out.String())
	}
}
