package localtick_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/drivers/localtick"
)

func TestEvent(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 11, 24, 6, 12, 4, 431813897, time.UTC)
	event := localtick.Event("kj-abc1234", 1795499061000, "797cfc38", sent)
	if err := event.Validate(); err != nil {
		t.Fatal(err)
	}
	got := []string{
		event.ID(), event.Type(), event.Source(), event.SpecVersion(), event.DataContentType(), string(event.Data()),
		event.Time().Format(time.RFC3339Nano),
	}
	want := []string{
		"797cfc38", "dev.knative.sources.ping", "/apis/v1/namespaces/default/pingsources/kj-abc1234", "1.0",
		"application/json", `{"app_id":"kj-abc1234","life":1795499061000}`, "2026-11-24T06:12:04.431813897Z",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	if event.Subject() != "" || event.DataSchema() != "" || len(event.Extensions()) != 0 {
		t.Errorf("the event has attributes that a PingSource's event lacks: %v", event)
	}
}
