package observability_test

import (
	"bytes"
	"context"
	"net/http"
	"os/exec"
	"testing"
	"time"
)

// watch ends a started program with its test, and shows what it wrote if that
// failed. The channel is closed when the program has ended.
func watch(t *testing.T, cmd *exec.Cmd, logs *bytes.Buffer) <-chan struct{} {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is killed
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		<-ended
		if t.Failed() {
			t.Logf("%s:\n%.4000s", cmd.Path, logs.String())
		}
	})
	return ended
}

// answers waits until the program at url answers with the status want, or has
// ended.
func answers(t *testing.T, url string, want int, ended <-chan struct{}) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == want {
				return true
			}
		}
		select {
		case <-ended:
			return false
		case <-ctx.Done():
			t.Fatalf("%s does not answer after %v", url, patience)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
