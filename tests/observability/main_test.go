// Package observability_test answers whether a real Prometheus, set up as
// knative/observability says, sees what the functions do.
package observability_test

import (
	"context"
	"testing"
	"time"

	"kubejobs/shared/testkit/proctest"
)

// until polls a condition that must come true; the condition says why it is
// not.
func until(t *testing.T, what string, condition func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), proctest.Patience)
	defer cancel()
	for {
		err := condition()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("still not: %s: %v", what, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
