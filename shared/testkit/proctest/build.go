package proctest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// RunWithCommand is a TestMain: it builds the kubejobs command, stores its path, runs the
// tests, and returns their exit status.
func RunWithCommand(m *testing.M, path *string) int {
	dir, err := os.MkdirTemp("", "kubejobs")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	*path = filepath.Join(dir, "kubejobs")
	if out, err := exec.Command("go", "build", "-o", *path, "kubejobs/functions/cmd/kubejobs").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}
