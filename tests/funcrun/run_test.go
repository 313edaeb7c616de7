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

	t.Run("captured invocations", func(t *testing.T) { invocations(t, url) })
	t.Run("a job is started and ticked", func(t *testing.T) { job(t, url, queue.Port()) })
	t.Run("ends on SIGTERM", func(t *testing.T) {
		if err := p.Terminate(); err != nil {
			t.Errorf("exit: %v, want success", err)
		}
	})
}

// invocations sends what `func invoke` sent when it was captured.
func invocations(t *testing.T, url string) {
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
		t.Fatalf("captures %v, %v, want %d", files, err, len(tests))
	}
	for _, file := range files {
		want := tests[filepath.Base(file)]
		status, text := replay(t, url, file)
		if status != want.status || !strings.Contains(text, want.contains) || !json.Valid([]byte(text)) {
			t.Errorf("%s: %d %s, want %d and JSON with %q", file, status, text, want.status, want.contains)
		}
	}
}

// replay sends the request part of a capture.
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
	again, err := http.NewRequestWithContext(t.Context(), request.Method, url+request.RequestURI, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	again.Header = request.Header
	again.Header.Del("Accept-Encoding")
	response, err := http.DefaultClient.Do(again)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

// job starts one and waits for a sample that the local scheduler's tick made.
func job(t *testing.T, url string, port int) {
	t.Helper()
	body := fmt.Sprintf(`{"plugin":"kubejobs","plugin_info":{"expected_time":40,"redis_ip":"127.0.0.1","redis_port":%d}}`, port)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/monitoring/demo", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		text, _ := io.ReadAll(response.Body)
		t.Fatalf("start: %s %s", response.Status, text)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		var status monitor.Status
		if _, text, err := get(ctx, url+"/monitoring/demo"); err != nil || json.Unmarshal(text, &status) != nil {
			t.Fatalf("status: %s %v", text, err)
		}
		if status.Samples > 0 {
			if status.Items != 3 {
				t.Errorf("%d items, want 3", status.Items)
			}
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("no sample: %+v", status)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
