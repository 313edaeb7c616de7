// Package faults_test breaks what the functions depend on while jobs are ticked, heals it,
// and checks that no sample is lost or doubled and that no job ends. The tests log the
// figures of ../RELIABILITY.md.
package faults_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"kubejobs/shared/testkit/proctest"
)

// program is the path of the kubejobs command, which TestMain builds once.
var program string

// rows is how many tests run at the same time: most of them wait for an outage to pass.
const rows = "8"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", rows); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(proctest.RunWithCommand(m, &program))
}
