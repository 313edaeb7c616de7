// Package integration_test runs the real program with real Redis servers, and kills,
// stops and restarts both.
package integration_test

import (
	"os"
	"testing"

	"kubejobs/shared/testkit/proctest"
)

// program is the path of the kubejobs command, which TestMain builds once.
var program string

func TestMain(m *testing.M) {
	os.Exit(proctest.RunWithCommand(m, &program))
}
