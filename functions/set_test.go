package functions_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"kubejobs/functions"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/platform/logging"
	"kubejobs/shared/testkit/openapitest"
	"kubejobs/shared/testkit/redistest"
)

// patience bounds each wait of a test.
const patience = 30 * time.Second

// password is the password of the state Redis, which no output may show.
const password = "hunter2"

// set is a function set on a real redis-server, which also holds the jobs' queues.
type set struct {
	*functions.Set
	t     *testing.T
	redis *redistest.Server
	logs  lines
}

// lines holds log lines. Several goroutines may write them.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(text)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// open opens a function set. Each setting is NAME=value.
func open(t *testing.T, o functions.Options, settings ...string) *set {
	t.Helper()
	s := &set{t: t, redis: redistest.Start(t)}
	if err := s.redis.Client().Do(t.Context(), "ACL", "SETUSER", "kubejobs", "on", ">"+password, "~*", "+@all").Err(); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{
		"STATE_REDIS_URL": "redis://kubejobs:" + password + "@" + s.redis.Addr(),
		"TICK_SPACING":    "0", "TICK_SINK": "http://127.0.0.1:1/", "LOG_LEVEL": "debug",
	}
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		values[name] = value
	}
	cfg, err := config.Load(func(name string) (string, bool) { value, ok := values[name]; return value, ok })
	if err != nil {
		t.Fatal(err)
	}
	s.Set, err = functions.Open(t.Context(), cfg, logging.New(&s.logs, slog.LevelDebug), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.WithoutCancel(t.Context())) })
	return s
}

func (s *set) serve(target string, r *http.Request) *httptest.ResponseRecorder {
	s.t.Helper()
	handler, err := s.Handler(target)
	if err != nil {
		s.t.Fatal(err)
	}
	w := httptest.NewRecorder()
	openapitest.Handler(s.t, target, handler).ServeHTTP(w, r)
	return w
}

// start starts the job of the captured tick, with three items in the queue.
func (s *set) start() {
	s.t.Helper()
	if err := s.redis.Client().RPush(s.t.Context(), "job", "x", "y", "z").Err(); err != nil {
		s.t.Fatal(err)
	}
	body := fmt.Sprintf(`{"plugin":"kubejobs","collect_period":3600,"plugin_info":{"expected_time":3600,`+
		`"number_of_jobs":6,"redis_ip":"127.0.0.1","redis_port":%d}}`, s.redis.Port())
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, "/monitoring/kj-abc1234", strings.NewReader(body))
	if w := s.serve(config.TargetMonitor, r); w.Code != http.StatusAccepted {
		s.t.Fatalf("start: %d %s", w.Code, w.Body)
	}
}

// tick delivers a captured tick of Knative's adapter, which carries a trace.
func (s *set) tick() {
	s.t.Helper()
	text, err := os.ReadFile("../tests/testdata/knative/tick-traced.http")
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
	if err != nil {
		s.t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if w := s.serve(config.TargetTick, r.WithContext(s.t.Context())); w.Code != http.StatusOK {
		s.t.Fatalf("tick: %d %s", w.Code, w.Body)
	}
}
