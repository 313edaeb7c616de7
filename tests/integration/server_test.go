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
	"strings"
	"testing"

	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/testkit/openapitest"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// server is a running kubejobs that can be killed and restarted.
type server struct {
	*proctest.Process
	t      *testing.T
	client *http.Client // compares the answers with the description of the API
}

// serve starts kubejobs with settings (NAME=value) on a free port.
func serve(t *testing.T, settings ...string) *server {
	t.Helper()
	return run(t, "serve", func(addr string) []string {
		return append([]string{"LISTEN_ADDRESS=" + addr, "LOG_LEVEL=warn"}, settings...)
	})
}

// run starts a command of kubejobs and waits until it is ready.
func run(t *testing.T, command string, settings func(addr string) []string) *server {
	t.Helper()
	return &server{t: t, client: openapitest.Client(t, unit(settings(""))), Process: proctest.Start(t, proctest.Program{
		Command: func(addr string) *exec.Cmd {
			cmd := exec.Command(program, command)
			cmd.Env = settings(addr)
			return cmd
		},
		Answers: proctest.OK("/health/readiness"),
	})}
}

// unit returns the unit that the settings name.
func unit(settings []string) string {
	for _, setting := range settings {
		if name, ok := strings.CutPrefix(setting, "FUNCTION_TARGET="); ok {
			return name
		}
	}
	return config.TargetAll
}

// call makes a request on a new connection.
func (s *server) call(ctx context.Context, method, path string, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+s.Addr()+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return s.do(request)
}

func (s *server) do(request *http.Request) (int, []byte, error) {
	status, _, text, err := s.doHeader(request)
	return status, text, err
}

// doHeader is like do, and also returns the header of the answer.
func (s *server) doHeader(request *http.Request) (int, http.Header, []byte, error) {
	request.Close = true
	response, err := s.client.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header, text, err
}

// startJob starts a job and expects 202.
func (s *server) startJob(id string, queue *redistest.Server, period float64) {
	s.t.Helper()
	body := fmt.Sprintf(`{"plugin":"kubejobs","collect_period":%g,"plugin_info":{"expected_time":600,`+
		`"number_of_jobs":1000,"redis_ip":"127.0.0.1","redis_port":%d}}`, period, queue.Port())
	status, text, err := s.call(s.t.Context(), http.MethodPost, "/monitoring/"+id, []byte(body))
	if err != nil || status != http.StatusAccepted {
		s.t.Fatalf("start %s: %d %s %v, want 202", id, status, text, err)
	}
}

// status returns the status of a job.
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

// blackHole returns the URL of a server that discards the ticks of the local
// scheduler, for tests that send their own.
func blackHole(t *testing.T) string {
	t.Helper()
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(sink.Close)
	return sink.URL
}
