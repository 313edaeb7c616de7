// Package browser_test drives a real Chromium at the real program: it clicks, types and
// reads as a person does.
package browser_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"kubejobs/functions"
)

// root is the folder of the repository.
const root = "../.."

// program is the path of the kubejobs command, which TestMain builds once.
var program string

func TestMain(m *testing.M) {
	functions.QuietRedis()
	os.Exit(run(m))
}

// run builds the command and starts Chromium, runs the tests, and returns their exit status.
func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "kubejobs")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "kubejobs")
	// The program is linked as it is released, by its own go.mod.
	build := exec.Command("go", "build", "-trimpath", "-o", program, "./functions/cmd/kubejobs")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	c, err := startChromium(filepath.Join(dir, "profile"))
	if err != nil {
		fmt.Fprintf(os.Stderr, "start chromium (`make setup` installs it): %v\n", err)
		return 1
	}
	defer c.stop()
	chromium = c
	status := m.Run()
	if hosts := c.beyond.strangers(); len(hosts) > 0 && status == 0 {
		fmt.Fprintf(os.Stderr, "pages asked for hosts beyond this machine: %q\n", hosts)
		return 1
	}
	return status
}
