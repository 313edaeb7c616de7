package integration_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"kubejobs/shared/platform/config"
	"kubejobs/shared/testkit/openapitest"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// soon is how long the end of the program may take where nothing is under way.
const soon = 3 * time.Second

// expectEnd tells the program to end, and expects that it does so soon and well.
func (s *server) expectEnd(t *testing.T) {
	t.Helper()
	began := time.Now()
	if err := s.Terminate(); err != nil {
		t.Errorf("exit: %v, want success\n%s", err, s.Output())
	}
	if took := time.Since(began); took > soon {
		t.Errorf("the end took %v, want at most %v", took, soon)
	}
}

// poll reads the status of a job from three clients until ctx ends.
func (s *server) poll(ctx context.Context, group *errgroup.Group, id string) {
	target := "http://" + s.Addr() + "/monitoring/" + id
	for range 3 {
		group.Go(func() error {
			client := &http.Client{Transport: openapitest.Transport(s.t, config.TargetAll, &http.Transport{})} // a connection of its own, which it keeps
			for ctx.Err() == nil {
				request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
				if err != nil {
					return err
				}
				if response, err := client.Do(request); err == nil {
					response.Body.Close()
				}
				select {
				case <-ctx.Done():
				case <-time.After(200 * time.Millisecond):
				}
			}
			return nil
		})
	}
}

// The program ends soon and well whatever its clients do: they poll, follow a
// stream, or have connected and say nothing.
func TestEndWhileClientsGoOn(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"own server": nil,
		"in Knative": {"K_SERVICE=kubejobs"},
	}
	for name, settings := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state, queue := redistest.StartState(t), redistest.Start(t)
			s := serve(t, append([]string{"STATE_REDIS_URL=" + state.URL(), "SCHEDULER=local", "JOB_STATUS=queue"}, settings...)...)
			s.startJob("a", queue, 2)
			ctx, cancel := context.WithCancel(t.Context())
			var group errgroup.Group
			s.poll(ctx, &group, "a")
			silent, err := net.Dial("tcp", s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer silent.Close()
			stream, err := s.client.Get("http://" + s.Addr() + "/monitoring/a/events")
			if err != nil {
				t.Fatal(err)
			}
			defer stream.Body.Close()
			if _, err := bufio.NewReader(stream.Body).ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			s.expectEnd(t)
			cancel()
			if err := group.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Ticks that only wait for their jitter do not delay the end.
func TestEndWithManyLocalJobs(t *testing.T) {
	t.Parallel()
	s := run(t, "local", func(addr string) []string {
		_, port, _ := strings.Cut(addr, ":")
		return []string{"PORT=" + port, "TICK_JITTER=2s", "LOG_LEVEL=warn"}
	})
	for i := range 60 {
		body := []byte(`{"plugin":"kubejobs","plugin_info":{"expected_time":600,"number_of_jobs":10}}`)
		if status, text, err := s.call(t.Context(), http.MethodPost, "/monitoring/j"+strconv.Itoa(i), body); err != nil || status != http.StatusAccepted {
			t.Fatalf("start: %d %s %v", status, text, err)
		}
	}
	proctest.Until(t, "ticks come", func() bool { return s.status("j0").Ticks.Received > 0 })
	s.expectEnd(t)
	if strings.Contains(s.Output(), "tick lost") || strings.Contains(s.Output(), "cut off") {
		t.Errorf("the end lost a tick:\n%s", s.Output())
	}
}

// A second signal ends the program at once, while a request is still in flight.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	state, queue := redistest.StartState(t), redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "TICK_SINK="+blackHole(t), "LOG_LEVEL=info")
	s.startJob("a", queue, 3600)
	state.Pause() // requests hang for some seconds
	defer state.Resume()
	hanging := make(chan struct{})
	go func() {
		defer close(hanging)
		_, _, _ = s.deliver(context.Background(), newTick("a")) // it is cut off
	}()
	<-time.After(200 * time.Millisecond) // the request is in flight
	s.Signal(syscall.SIGTERM)
	proctest.Until(t, "it drains", func() bool { return strings.Contains(s.Output(), `"draining"`) })
	began := time.Now()
	err := s.Terminate()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.Success() || time.Since(began) > time.Second {
		t.Errorf("exit: %v after %v, want a failure at once\n%s", err, time.Since(began), s.Output())
	}
	<-hanging
}
