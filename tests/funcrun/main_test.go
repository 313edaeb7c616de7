// Package funcrun_test does what `func run` does with this repository: it generates a
// main package that imports the root and knative.dev/func-go, builds it and runs it.
// Then it sends what `func invoke` sends.
package funcrun_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"kubejobs/shared/testkit/proctest"
)

// funcGo is the middleware that func v1.22 uses.
const funcGo = "knative.dev/func-go@v0.22.0"

// scaffold is the main package that func writes for an instanced HTTP function.
const scaffold = `package main

import (
	"fmt"
	"os"

	function "kubejobs"

	"knative.dev/func-go/http"
)

func main() {
	if err := http.Start(function.New()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
`

// build builds the program that func would build and returns its path.
func build(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"main.go": scaffold,
		"go.mod":  "module scaffold\n\ngo 1.26.0\n\nreplace kubejobs => " + root + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"mod", "edit", "-require=kubejobs@v0.0.0", "-require=" + funcGo},
		{"build", "-mod=mod", "-o", "program", "."},
	} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
	}
	return filepath.Join(dir, "program")
}

// run starts the program with settings and waits until it is ready.
func run(t *testing.T, program string, settings ...string) *proctest.Process {
	t.Helper()
	dir := t.TempDir()
	return proctest.Start(t, proctest.Program{
		Command: func(addr string) *exec.Cmd {
			cmd := exec.Command(program)
			cmd.Dir, cmd.Env = dir, append([]string{"LISTEN_ADDRESS=" + addr}, settings...)
			return cmd
		},
		Answers: proctest.OK("/health/readiness"),
	})
}

// call makes a request and returns the status and the body of the answer.
func call(ctx context.Context, method, url string, header http.Header, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if header != nil {
		request.Header = header
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, text, err
}
