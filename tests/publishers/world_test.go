package publishers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/functions"
	"kubejobs/shared/config"
	"kubejobs/shared/logging"
	"kubejobs/shared/monitor"
	"kubejobs/shared/publish"
	"kubejobs/shared/redistest"
)

// begin is where a world's clock stands at first.
var begin = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// world is every function behind a real HTTP server, on a real redis-server,
// with a clock of its own.
type world struct {
	t     *testing.T
	nanos atomic.Int64
	ticks atomic.Int64
	url   string
	redis *redistest.Server
}

// newWorld opens the functions with settings.
func newWorld(t *testing.T, settings map[string]string) *world {
	t.Helper()
	w := &world{t: t, redis: redistest.Start(t)}
	w.at(0)
	nowhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(nowhere.Close)
	all := map[string]string{
		"STATE_REDIS_URL": w.redis.URL(), "TICK_SINK": nowhere.URL, "SCHEDULER": "local", "JOB_STATUS": "queue",
		"ALLOWED_HOSTS": "127.0.0.1/32", "RETRIES": "3",
	}
	maps.Copy(all, settings)
	cfg, err := config.Load(func(name string) (string, bool) { value, ok := all[name]; return value, ok })
	if err != nil {
		t.Fatal(err)
	}
	set, err := functions.Open(t.Context(), cfg, logging.New(t.Output(), slog.LevelError), functions.Options{
		Now:     func() time.Time { return time.Unix(0, w.nanos.Load()).UTC() },
		Publish: publish.Options{Rest: 20 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := set.Handler(config.TargetAll)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	w.url = server.URL
	t.Cleanup(func() {
		server.Close()
		if err := set.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return w
}

// at moves the clock to an offset from the start.
func (w *world) at(offset time.Duration) { w.nanos.Store(begin.Add(offset).UnixNano()) }

// call makes a request and reads its whole answer.
func (w *world) call(method, path, body string, headers ...string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// start monitors a job of six items; info is further fields of plugin_info.
func (w *world) start(id, info string) {
	w.t.Helper()
	code, text := w.call(http.MethodPost, "/monitoring/"+id, fmt.Sprintf(
		`{"plugin":"kubejobs","plugin_info":{"expected_time":60,"number_of_jobs":6,"redis_ip":"127.0.0.1","redis_port":%d%s}}`,
		w.redis.Port(), info))
	if code != http.StatusAccepted {
		w.t.Fatalf("start %s: %d %s", id, code, text)
	}
}

// queue makes the jobs' lists hold this many items.
func (w *world) queue(waiting, inFlight, done int) {
	w.t.Helper()
	_, err := w.redis.Client().TxPipelined(w.t.Context(), func(pipe redis.Pipeliner) error {
		for list, length := range map[string]int{"job": waiting, "job:processing": inFlight, "job:results": done} {
			pipe.Del(w.t.Context(), list)
			for range length {
				pipe.RPush(w.t.Context(), list, "item")
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// tick sends a tick of a job and expects that it is acknowledged.
func (w *world) tick(id string) {
	w.t.Helper()
	code, text := w.call(http.MethodPost, "/", `{"app_id":"`+id+`"}`,
		"Ce-Id", fmt.Sprint("tick-", w.ticks.Add(1)), "Ce-Source", "/apis/v1/namespaces/default/pingsources/"+id,
		"Ce-Specversion", "1.0", "Ce-Type", "dev.knative.sources.ping", "Content-Type", "application/json")
	if code != http.StatusOK {
		w.t.Fatalf("tick of %s: %d %s", id, code, text)
	}
}

// run ticks a job once every two seconds, from the second 2*from to 2*to.
func (w *world) run(id string, from, to int) {
	w.t.Helper()
	for i := from; i <= to; i++ {
		w.at(time.Duration(2*i) * time.Second)
		w.tick(id)
	}
}

func (w *world) status(id string) monitor.Status {
	w.t.Helper()
	var status monitor.Status
	code, text := w.call(http.MethodGet, "/monitoring/"+id, "")
	if err := json.Unmarshal([]byte(text), &status); err != nil || code != http.StatusOK {
		w.t.Fatalf("status of %s: %d %s %v", id, code, text, err)
	}
	return status
}

// published is how many samples the Controller's list of a job holds.
func (w *world) published(id string) int64 {
	w.t.Helper()
	count, err := w.redis.Client().LLen(w.t.Context(), id+":metrics").Result()
	if err != nil {
		w.t.Fatal(err)
	}
	return count
}
