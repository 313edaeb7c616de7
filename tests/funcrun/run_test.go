package funcrun_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/redistest"
)

func TestFuncRun(t *testing.T) {
	t.Parallel()
	program := build(t)
	queue := redistest.Start(t)
	if err := queue.Client().RPush(t.Context(), "job", "x", "y", "z").Err(); err != nil {
		t.Fatal(err)
	}
	p := run(t, program, "MIN_PERIOD=1s", "TICK_JITTER=0s")
	url := "http://" + p.Addr()

	t.Run("captured invocations", func(t *testing.T) { checkInvocations(t, url) })
	t.Run("a job is started and ticked", func(t *testing.T) { checkJob(t, url, queue.Port()) })
	t.Run("ends on SIGTERM", func(t *testing.T) {
		if err := p.Terminate(); err != nil {
			t.Errorf("exit: %v, want success", err)
		}
	})
}

// checkInvocations sends the captured requests of `func invoke`.
func checkInvocations(t *testing.T, url string) {
	t.Helper()
	tests := map[string]struct {
		status   int
		contains string
	}{
		"invoke-default.txt":            {http.StatusOK, "POST /monitoring/{id}"},
		"invoke-get.txt":                {http.StatusBadRequest, "no such job"},
		"invoke-start.txt":              {http.StatusNotFound, "no such path"},
		"invoke-cloudevent.txt":         {http.StatusBadRequest, "dev.knative.sources.ping"},
		"invoke-cloudevent-default.txt": {http.StatusBadRequest, "dev.knative.sources.ping"},
	}
	files, err := filepath.Glob("../testdata/func/*.txt")
	if err != nil || len(files) != len(tests) {
		t.Fatalf("got captures %v (%v), want %d", files, err, len(tests))
	}
	for _, file := range files {
		want := tests[filepath.Base(file)]
		status, text := replay(t, url, file)
		if status != want.status || !strings.Contains(text, want.contains) || !json.Valid([]byte(text)) {
			t.Errorf("%s: %d %s, want %d and JSON with %q", file, status, text, want.status, want.contains)
		}
	}
}

// replay sends the request in a capture and returns the answer.
func replay(t *testing.T, url, file string) (int, string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(text, []byte("\n"))
	raw, _, _ := bytes.Cut(rest, []byte("===== response"))
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	request.Header.Del("Accept-Encoding")
	status, answer, err := call(t.Context(), request.Method, url+request.RequestURI, request.Header, body)
	if err != nil {
		t.Fatal(err)
	}
	return status, string(answer)
}

// checkJob starts a job and waits for a sample from a tick of the local scheduler.
func checkJob(t *testing.T, url string, port int) {
	t.Helper()
	body := fmt.Appendf(nil, `{"plugin":"kubejobs","plugin_info":{"expected_time":40,"redis_ip":"127.0.0.1","redis_port":%d}}`, port)
	if code, text, err := call(t.Context(), http.MethodPost, url+"/monitoring/demo", nil, body); err != nil || code != http.StatusAccepted {
		t.Fatalf("start: %d %s %v, want 202", code, text, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		var status monitor.Status
		if _, text, err := call(ctx, http.MethodGet, url+"/monitoring/demo", nil, nil); err != nil || json.Unmarshal(text, &status) != nil {
			t.Fatalf("status: %s %v", text, err)
		}
		if status.Samples > 0 {
			if status.Items != 3 {
				t.Errorf("got %d items, want 3", status.Items)
			}
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("no sample in time: %+v", status)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
