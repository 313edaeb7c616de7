package observability_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"kubejobs/functions"
	"kubejobs/shared/config"
	"kubejobs/shared/logging"
	"kubejobs/shared/redistest"
)

// period is how far two ticks are apart.
const period = 2 * time.Second

// world is the function set behind a real HTTP server, with a state Redis and
// a jobs' Redis of its own.
type world struct {
	clock atomic.Int64 // Unix nanoseconds
	addr  string
	queue *redis.Client
	port  int // of queue
}

func (w *world) now() time.Time { return time.Unix(0, w.clock.Load()).UTC() }

// newWorld serves every function. The local scheduler's ticks go nowhere: the
// tests send their own.
func newWorld(t *testing.T) *world {
	t.Helper()
	nowhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(nowhere.Close)
	state, queue := redistest.Start(t), redistest.Start(t)
	settings := map[string]string{
		"STATE_REDIS_URL": state.URL(), "FUNCTION_TARGET": config.TargetAll, "SCHEDULER": "local", "JOB_STATUS": "queue",
		"TICK_SINK": nowhere.URL, "ALLOWED_HOSTS": "127.0.0.1/32",
	}
	cfg, err := config.Load(func(name string) (string, bool) {
		value, ok := settings[name]
		return value, ok
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{queue: queue.Client(), port: queue.Port()}
	w.clock.Store(time.Now().UnixNano())
	set, err := functions.Open(t.Context(), cfg, logging.New(t.Output(), slog.LevelError), functions.Options{Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := set.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err := set.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	handler, err := set.Handler(cfg.Target)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	w.addr = server.Listener.Addr().String()
	return w
}

// post makes a request and expects the answer want.
func (w *world) post(t *testing.T, path, body string, header map[string]string, want int) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+w.addr+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != want {
		t.Fatalf("POST %s: got %d %s %v, want %d", path, response.StatusCode, text, err, want)
	}
	return string(text)
}

// start asks for a job of 100 items with ten minutes' time.
func (w *world) start(t *testing.T, id string) {
	t.Helper()
	for i := range 100 {
		if err := w.queue.RPush(t.Context(), "job", i).Err(); err != nil {
			t.Fatal(err)
		}
	}
	w.post(t, "/monitoring/"+id, fmt.Sprintf(`{"plugin":"kubejobs","collect_period":%g,"plugin_info":{"expected_time":600,`+
		`"number_of_jobs":100,"redis_ip":"127.0.0.1","redis_port":%d}}`, period.Seconds(), w.port), nil, http.StatusAccepted)
}

// tick does some of the job's work and sends the tick that sees it.
func (w *world) tick(t *testing.T, id string) {
	t.Helper()
	w.clock.Add(int64(period))
	if err := w.queue.LMove(t.Context(), "job", "job:results", "LEFT", "RIGHT").Err(); err != nil {
		t.Fatal(err)
	}
	answer := w.post(t, "/", fmt.Sprintf(`{"app_id":%q}`, id), map[string]string{
		"Ce-Id": uuid.NewString(), "Ce-Source": "/apis/v1/namespaces/default/pingsources/" + id, "Ce-Specversion": "1.0",
		"Ce-Time": w.now().Format(time.RFC3339Nano), "Ce-Type": "dev.knative.sources.ping",
	}, http.StatusOK)
	if !strings.Contains(answer, `"sampled"`) {
		t.Fatalf("tick: got %s, want sampled", answer)
	}
}

// lose lets the time of a tick go by that nobody sends.
func (w *world) lose() { w.clock.Add(int64(period)) }

// sweep is what the sweep's PingSource does.
func (w *world) sweep(t *testing.T) {
	t.Helper()
	w.post(t, "/sweep", "{}", nil, http.StatusOK)
}
