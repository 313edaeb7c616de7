// Package secrets_test runs the real program with a secret in every place that takes one,
// and looks for them in everything that it shows, sends and stores.
package secrets_test

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
