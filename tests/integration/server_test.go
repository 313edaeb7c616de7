package integration_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"kubejobs/shared/monitor"
	"kubejobs/shared/redistest"
)

// patience bounds each wait of a test.
const patience = 30 * time.Second

// server is a running kubejobs, which can be killed and started again.
type server struct {
	t    *testing.T
	addr string
	env  []string
	logs safeBuffer

	mu  sync.Mutex
	cmd *exec.Cmd
}

// serve starts kubejobs with settings (NAME=value) on a free port.
func serve(t *testing.T, settings ...string) *server {
	t.Helper()
	s := &server{t: t, addr: fmt.Sprintf("127.0.0.1:%d", redistest.FreePort(t))}
	s.env = append([]string{"LISTEN_ADDRESS=" + s.addr, "LOG_LEVEL=warn"}, settings...)
	s.start()
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("server:\n%.4000s", s.logs.String())
		}
	})
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cmd = exec.Command(program, "serve")
	s.cmd.Env, s.cmd.Stderr, s.cmd.Stdout = s.env, &s.logs, &s.logs
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
}

// kill ends the process at once.
func (s *server) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// terminate asks the process to end and gives its exit error.
func (s *server) terminate() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	cmd := s.cmd
	s.cmd = nil
	return cmd.Wait()
}

// ready waits until the server answers.
func (s *server) ready() {
	s.t.Helper()
	until(s.t, "the server is ready", func() bool {
		status, _, err := s.call(s.t.Context(), http.MethodGet, "/health/readiness", nil)
		return err == nil && status == http.StatusOK
	})
}

// call makes one request on a fresh connection.
func (s *server) call(ctx context.Context, method, path string, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+s.addr+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return do(request)
}

func do(request *http.Request) (int, []byte, error) {
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, text, err
}

// startJob asks for a job and expects 202.
func (s *server) startJob(id string, queue *redistest.Server, period float64) {
	s.t.Helper()
	body := fmt.Sprintf(`{"plugin":"kubejobs","collect_period":%g,"plugin_info":{"expected_time":600,`+
		`"number_of_jobs":1000,"redis_ip":"127.0.0.1","redis_port":%d}}`, period, queue.Port())
	status, text, err := s.call(s.t.Context(), http.MethodPost, "/monitoring/"+id, []byte(body))
	if err != nil || status != http.StatusAccepted {
		s.t.Fatalf("start %s: %d %s %v, want 202", id, status, text, err)
	}
}

// status asks how a job is.
func (s *server) status(id string) monitor.Status {
	s.t.Helper()
	code, text, err := s.call(s.t.Context(), http.MethodGet, "/monitoring/"+id, nil)
	if err != nil || code != http.StatusOK {
		s.t.Fatalf("status of %s: %d %s %v", id, code, text, err)
	}
	var status monitor.Status
	if err := json.Unmarshal(text, &status); err != nil {
		s.t.Fatalf("status of %s: %v in %s", id, err, text)
	}
	return status
}

// blackHole takes ticks of the local scheduler out of a test that sends its
// own.
func blackHole(t *testing.T) string {
	t.Helper()
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(sink.Close)
	return sink.URL
}

// until polls a condition that must come true.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !condition() {
		select {
		case <-ctx.Done():
			t.Fatalf("still not: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// safeBuffer is a buffer that a process writes while a test reads.
type safeBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *safeBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(text)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
