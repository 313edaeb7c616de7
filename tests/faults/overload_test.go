package faults_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

const (
	// capacity is MAX_REQUESTS of the overloaded program.
	capacity = 64
	// maxMemory is more than the overloaded program may take, in KiB. It takes 30 MiB
	// when it starts.
	maxMemory = 128 << 10
)

// Five times as many ticks as the program serves at a time come for some seconds, while
// the jobs' Redis is slow. What is too much is answered 503 at once; probes and calls are
// answered; the memory is bounded. Then every job is sampled again.
func TestOverload(t *testing.T) { //nolint:paralleltest // it needs the machine
	state, p := redistest.StartState(t), partsOf(t)
	s := serve(t, map[string]string{"STATE_REDIS_URL": state.URL(), "MAX_REQUESTS": strconv.Itoa(capacity)})
	fill(t, p.client)
	jobs := ids(5 * capacity)
	for _, id := range jobs {
		s.start(id, p.proxy.Address())
	}
	p.proxy.Delay(300 * time.Millisecond)
	answered := s.overload(jobs, 8*time.Second)
	memory := s.memory("VmHWM")
	p.proxy.Delay(0)
	healed := time.Now()
	for _, id := range jobs {
		proctest.Until(t, "a tick of "+id+" is sampled", func() bool {
			status, outcome, err := s.deliver(t.Context(), id, uuid.NewString())
			return err == nil && status == http.StatusOK && outcome == monitor.OutcomeSampled
		})
	}
	t.Logf("figures of overload: %d ticks at a time with a capacity of %d: %v; at most %d MiB; %d jobs are sampled %.1f s after it",
		len(jobs), capacity, answered, memory>>10, len(jobs), time.Since(healed).Seconds())
	if answered["503"] == 0 || answered["200"] == 0 {
		t.Errorf("answers %v, want some 200 and some 503", answered)
	}
	for status := range answered {
		if status != "200" && status != "503" {
			t.Errorf("answers %v, want 200 and 503 only", answered)
		}
	}
	if memory > maxMemory {
		t.Errorf("%d KiB of memory, want at most %d", memory, maxMemory)
	}
}

// overload sends ticks of jobs, one of each at a time, and meanwhile probes and calls,
// which must be answered. It returns how often ticks were answered with each status.
func (s *system) overload(jobs []string, lasts time.Duration) map[string]int {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), lasts)
	defer cancel()
	var mu sync.Mutex
	var senders sync.WaitGroup
	answered := map[string]int{}
	for _, id := range jobs {
		senders.Go(func() {
			for ctx.Err() == nil {
				status, _, err := s.deliver(s.t.Context(), id, uuid.NewString())
				mu.Lock()
				if err != nil {
					answered[err.Error()]++
				} else {
					answered[strconv.Itoa(status)]++
				}
				mu.Unlock()
				select {
				case <-time.After(100 * time.Millisecond):
				case <-ctx.Done():
				}
			}
		})
	}
	var calls atomic.Int64
	for ctx.Err() == nil {
		for _, path := range []string{"/health/liveness", "/health/readiness", "/metrics", "/monitoring/" + jobs[0] + "/report"} {
			status, text, err := s.call(s.t.Context(), http.MethodGet, path, nil)
			if err != nil || status >= http.StatusMultipleChoices {
				s.t.Errorf("%s during the overload: %d %.80s %v", path, status, text, err)
			}
			calls.Add(1)
		}
	}
	senders.Wait()
	s.t.Logf("figures of overload: %d probes and calls were answered", calls.Load())
	return answered
}

// memory returns a figure of /proc of the program, in KiB: VmHWM, the most that it ever
// had resident, or VmRSS.
func (s *system) memory(name string) int64 {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.PID()))
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			figure, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return figure
		}
	}
	s.t.Fatalf("/proc has no %s", name)
	return 0
}
