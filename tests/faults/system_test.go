package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"
	"time"

	"kubejobs/functions"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/platform/logging"
	"kubejobs/shared/testkit/proctest"
)

// system is the functions under test: in this process, or the program.
type system struct {
	t       *testing.T
	url     string
	process *proctest.Process // nil: in this process
}

// settings returns the settings of a system, with others on top of them. The local
// scheduler's ticks are discarded: the tests send their own.
func settings(t *testing.T, others map[string]string) map[string]string {
	t.Helper()
	discard := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(discard.Close)
	all := map[string]string{
		"SCHEDULER": "local", "JOB_STATUS": "queue", "TICK_SINK": discard.URL, "TICK_SPACING": "0",
		"ALLOWED_HOSTS": "127.0.0.1/32", "LOG_LEVEL": "error",
	}
	maps.Copy(all, others)
	return all
}

// open serves the functions in this process, by a clock; nil is the real one.
func open(t *testing.T, others map[string]string, now func() time.Time) *system {
	t.Helper()
	all := settings(t, others)
	cfg, err := config.Load(func(name string) (string, bool) { value, ok := all[name]; return value, ok })
	if err != nil {
		t.Fatal(err)
	}
	set, err := functions.Open(t.Context(), cfg, logging.New(io.Discard, slog.LevelError), functions.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close(context.WithoutCancel(t.Context())) })
	handler, err := set.Handler(cfg.Target)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	return &system{t: t, url: server.URL}
}

// serve starts the program.
func serve(t *testing.T, others map[string]string) *system {
	t.Helper()
	all := settings(t, others)
	process := proctest.Start(t, proctest.Program{
		Command: func(addr string) *exec.Cmd {
			cmd := exec.Command(program, "serve")
			cmd.Env = []string{"LISTEN_ADDRESS=" + addr}
			for name, value := range all {
				cmd.Env = append(cmd.Env, name+"="+value)
			}
			return cmd
		},
		Answers: proctest.OK("/health/liveness"),
	})
	return &system{t: t, url: "http://" + process.Addr(), process: process}
}

// client makes the calls of the tests. The sender of a tick waits longer than a tick
// may take.
var client = &http.Client{
	Timeout:   15 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: 64, MaxIdleConns: 512},
}

// call makes a request.
func (s *system) call(ctx context.Context, method, path string, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, text, err
}

// start starts a job of 1,000 items whose queue is at address.
func (s *system) start(id string, address job.Address) {
	s.t.Helper()
	body := fmt.Sprintf(`{"plugin":"kubejobs","collect_period":3600,"plugin_info":{"expected_time":3600,`+
		`"number_of_jobs":1000,"redis_ip":%q,"redis_port":%d}}`, address.Host, address.Port)
	proctest.Until(s.t, "the start of "+id+" is accepted", func() bool {
		status, text, err := s.call(s.t.Context(), http.MethodPost, "/monitoring/"+id, []byte(body))
		if err == nil && status != http.StatusAccepted && status != http.StatusServiceUnavailable {
			s.t.Fatalf("start %s: %d %s, want 202", id, status, text)
		}
		return err == nil && status == http.StatusAccepted
	})
}

// status returns the status of a job.
func (s *system) status(id string) monitor.Status {
	s.t.Helper()
	var status monitor.Status
	proctest.Until(s.t, "the status of "+id, func() bool {
		code, text, err := s.call(s.t.Context(), http.MethodGet, "/monitoring/"+id, nil)
		return err == nil && code == http.StatusOK && json.Unmarshal(text, &status) == nil
	})
	return status
}

// ids returns the ids of n jobs.
func ids(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("kj-%03d", i)
	}
	return all
}
