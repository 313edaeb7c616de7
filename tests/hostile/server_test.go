package hostile_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/testkit/openapitest"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// server is the running program.
type server struct {
	*proctest.Process
	t      *testing.T
	cmd    *exec.Cmd
	client *http.Client // compares the answers with the description of the API
}

// serve starts the program. It discards the ticks of the local scheduler.
func serve(t *testing.T, settings ...string) *server {
	t.Helper()
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(sink.Close)
	s := &server{t: t, client: openapitest.Client(t, config.TargetAll)}
	state := redistest.StartState(t)
	s.Process = proctest.Start(t, proctest.Program{
		Command: func(addr string) *exec.Cmd {
			s.cmd = exec.Command(program, "serve")
			s.cmd.Env = append([]string{
				"LISTEN_ADDRESS=" + addr, "STATE_REDIS_URL=" + state.URL(), "TICK_SINK=" + sink.URL,
				"TICK_SPACING=0", "LOG_LEVEL=warn", "ALLOWED_HOSTS=127.0.0.1/32", "RETRIES=1000",
			}, settings...)
			return s.cmd
		},
		Answers: proctest.OK("/health/readiness"),
	})
	return s
}

// call makes a request and returns the status and the body.
func (s *server) call(ctx context.Context, method, path, body string, header ...string) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+s.Addr()+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := s.client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// start starts a job; fields are those of plugin_info in addition to the address.
func (s *server) start(ctx context.Context, id string, queue job.Address, fields string) (int, string, error) {
	return s.call(ctx, http.MethodPost, "/monitoring/"+id, fmt.Sprintf(
		`{"plugin":"kubejobs","collect_period":3600,"plugin_info":{"expected_time":600,"redis_ip":%q,"redis_port":%d%s}}`, queue.Host, queue.Port, fields))
}

// tick sends one tick of a job.
func (s *server) tick(ctx context.Context, id string) (int, string, error) {
	return s.call(ctx, http.MethodPost, "/", fmt.Sprintf(`{"app_id":%q}`, id), "Content-Type", "application/json",
		"Ce-Id", uuid.NewString(), "Ce-Source", "/apis/v1/namespaces/default/pingsources/"+id, "Ce-Specversion", "1.0",
		"Ce-Time", time.Now().Format(time.RFC3339Nano), "Ce-Type", monitor.TickEventType)
}

// status returns the status of a job, and its text.
func (s *server) status(ctx context.Context, id string) (monitor.Status, string, error) {
	code, text, err := s.call(ctx, http.MethodGet, "/monitoring/"+id, "")
	if err == nil && code != http.StatusOK {
		err = fmt.Errorf("status of %s: %d %s", id, code, text)
	}
	var status monitor.Status
	if err == nil {
		err = json.Unmarshal([]byte(text), &status)
	}
	return status, text, err
}

// peak returns the largest resident memory that the process has had, in bytes.
func (s *server) peak() int64 {
	s.t.Helper()
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(text, "kB")), 10, 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return kib << 10
		}
	}
	s.t.Fatal("no VmHWM in the status of the process")
	return 0
}

// honest are jobs on a real Redis that are ticked until they are stopped.
type honest struct {
	s     *server
	ids   []string
	ticks []atomic.Int64 // sent, by job
	over  chan struct{}
	ended chan error
}

// startHonest starts jobs and ticks them all the time.
func (s *server) startHonest(count int) *honest {
	s.t.Helper()
	queue := redistest.Start(s.t)
	if err := queue.Client().RPush(s.t.Context(), "job", "a", "b", "c").Err(); err != nil {
		s.t.Fatal(err)
	}
	h := &honest{s: s, ticks: make([]atomic.Int64, count), over: make(chan struct{}), ended: make(chan error, count)}
	for i := range count {
		id := fmt.Sprintf("honest-%d", i)
		h.ids = append(h.ids, id)
		if code, text, err := s.start(s.t.Context(), id, queue.Address(), ""); err != nil || code != http.StatusAccepted {
			s.t.Fatalf("start %s: %d %s %v, want 202", id, code, text, err)
		}
	}
	for i := range count {
		go func() { h.ended <- h.run(s.t.Context(), i) }()
	}
	return h
}

// run ticks one job.
func (h *honest) run(ctx context.Context, i int) error {
	for {
		select {
		case <-h.over:
			return nil
		case <-time.After(20 * time.Millisecond):
		}
		if code, text, err := h.s.tick(ctx, h.ids[i]); err != nil || code != http.StatusOK {
			return fmt.Errorf("tick of %s: %d %s %w", h.ids[i], code, text, err)
		}
		h.ticks[i].Add(1)
	}
}

// check stops the ticks and expects that each of them made a sample.
func (h *honest) check() {
	h.s.t.Helper()
	close(h.over)
	for range h.ids {
		if err := <-h.ended; err != nil {
			h.s.t.Error(err)
		}
	}
	for i, id := range h.ids {
		status, _, err := h.s.status(h.s.t.Context(), id)
		if sent := h.ticks[i].Load(); err != nil || status.Samples != sent || sent == 0 || status.Failures != 0 {
			h.s.t.Errorf("%s has %d samples of %d ticks and %d failures, %v, want a sample of each", id, status.Samples, sent, status.Failures, err)
		}
	}
}
