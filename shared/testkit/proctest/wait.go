package proctest

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// OK returns a function for Program.Answers, which reports whether GET path is
// answered with status 200.
func OK(path string) func(ctx context.Context, addr string, pid int) bool {
	return func(ctx context.Context, addr string, _ int) bool {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, http.NoBody)
		if err != nil {
			return false
		}
		r.Close = true
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	}
}

// Until polls condition until it holds, and fails the test after Patience. what
// names the condition in the failure.
func Until(tb testing.TB, what string, condition func() bool) {
	tb.Helper()
	deadline := time.Now().Add(Patience)
	for !condition() {
		if time.Now().After(deadline) {
			tb.Fatalf("after %v still waiting for: %s", Patience, what)
		}
		<-time.After(10 * time.Millisecond)
	}
}
