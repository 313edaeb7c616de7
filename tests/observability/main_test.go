// Package observability_test runs the functions with a real Prometheus and a real
// InfluxDB, and checks the configuration, the rules and the dashboards in
// knative/observability with them.
package observability_test

import (
	"context"
	"testing"
	"time"

	"kubejobs/shared/testkit/proctest"
)

// until polls until condition returns nil. It fails the test with the last error.
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
			t.Fatalf("waiting until %s: %v", what, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
