package integration_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"

	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/redistest"
)

// On SIGTERM, a process ends its streams and does not wait for them.
func TestTerminationEndsStreams(t *testing.T) {
	t.Parallel()
	state, queue := redistest.StartState(t), redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "TICK_SINK="+blackHole(t))
	fillQueue(t, queue, 10)
	s.startJob("a", queue, 3600)
	s.expectTick(t, "a", monitor.OutcomeSampled)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Addr()+"/monitoring/a/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	stream := bufio.NewReader(response.Body)
	for line := ""; !strings.HasPrefix(line, "event: sample"); {
		if line, err = stream.ReadString('\n'); err != nil {
			t.Fatalf("no sample in the stream: %v", err)
		}
	}
	if err := s.Terminate(); err != nil {
		t.Errorf("exit: %v, want success\n%s", err, s.Output())
	}
	rest, err := io.ReadAll(stream)
	if err != nil || !strings.HasSuffix(string(rest), "\n\nretry: 2000\n\n") {
		t.Errorf("the stream ended with %q, %v, want a hint when to connect again", rest, err)
	}
}
