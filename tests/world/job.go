package world

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/monitor"
)

// Start starts a job whose work is in Queue. info holds the other fields of
// plugin_info.
func (w *World) Start(id, info string) {
	w.tb.Helper()
	got := w.Call(http.MethodPost, "/monitoring/"+id, fmt.Sprintf(
		`{"plugin":"kubejobs","plugin_info":{"redis_ip":"127.0.0.1","redis_port":%d,%s}}`, w.Queue.Port(), info))
	if got.Status != http.StatusAccepted {
		w.tb.Fatalf("start %s: %d %s, want 202", id, got.Status, got.Body)
	}
}

// Fill makes the lists of Queue hold these numbers of items.
func (w *World) Fill(waiting, inFlight, done int) {
	w.tb.Helper()
	_, err := w.Jobs.TxPipelined(w.tb.Context(), func(pipe redis.Pipeliner) error {
		for list, length := range map[string]int{"job": waiting, "job:processing": inFlight, "job:results": done} {
			pipe.Del(w.tb.Context(), list)
			for range length {
				pipe.RPush(w.tb.Context(), list, "item")
			}
		}
		return nil
	})
	if err != nil {
		w.tb.Fatalf("fill the lists: %v", err)
	}
}

// Deliver sends an event of a job's PingSource once; eventID is its ce-id.
func (w *World) Deliver(id, eventID string) Answer {
	w.tb.Helper()
	return w.Call(http.MethodPost, "/", fmt.Sprintf(`{"app_id":%q}`, id), "Content-Type", "application/json",
		"Ce-Id", eventID, "Ce-Source", "/apis/v1/namespaces/default/pingsources/"+id, "Ce-Specversion", "1.0",
		"Ce-Time", w.Now().Format(time.RFC3339Nano), "Ce-Type", "dev.knative.sources.ping")
}

// Tick sends a new tick of a job and expects status 200.
func (w *World) Tick(id string) Answer {
	w.tb.Helper()
	got := w.Deliver(id, uuid.NewString())
	if got.Status != http.StatusOK {
		w.tb.Fatalf("tick of %s: %d %s, want 200", id, got.Status, got.Body)
	}
	return got
}

// Status returns the status of a job.
func (w *World) Status(id string) monitor.Status {
	w.tb.Helper()
	var status monitor.Status
	got := w.Call(http.MethodGet, "/monitoring/"+id, "")
	if err := json.Unmarshal([]byte(got.Body), &status); err != nil || got.Status != http.StatusOK {
		w.tb.Fatalf("status of %s: %d %s %v", id, got.Status, got.Body, err)
	}
	return status
}

// Published returns the number of samples in a job's sample list.
func (w *World) Published(id string) int64 {
	w.tb.Helper()
	count, err := w.Jobs.LLen(w.tb.Context(), id+":metrics").Result()
	if err != nil {
		w.tb.Fatal(err)
	}
	return count
}
