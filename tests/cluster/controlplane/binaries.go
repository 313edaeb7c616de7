package controlplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// versions match the lines with the versions. The Makefile reads the same lines.
var versions = map[string]*regexp.Regexp{
	"kubernetes": regexp.MustCompile(`(?m)^\s+k8s\.io/kubernetes (v\S+)`),
	"etcd":       regexp.MustCompile(`(?m)^\s+go\.etcd\.io/etcd/server/v3 (v\S+)`),
}

// PinnedVersion returns the version of Kubernetes that make control-plane builds.
func PinnedVersion(tb testing.TB) string {
	tb.Helper()
	_, pinned, err := pinned()
	if err != nil {
		tb.Fatal(err)
	}
	return pinned["kubernetes"]
}

// binaries returns the directory of the programs that make control-plane built.
func binaries() (string, error) {
	root, pinned, err := pinned()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, ".cache", "control-plane",
		fmt.Sprintf("kubernetes-%s-etcd-%s", pinned["kubernetes"], pinned["etcd"]))
	if _, err := os.Stat(filepath.Join(dir, "kube-controller-manager")); err != nil {
		return "", fmt.Errorf("the control plane is not built, run `make control-plane`: %w", err)
	}
	return dir, nil
}

// pinned returns the root of the repository, above the working directory, and the
// versions in tests/cluster/build/go.mod.
func pinned() (root string, found map[string]string, err error) {
	root, err = os.Getwd()
	if err != nil {
		return "", nil, err
	}
	var text []byte
	for {
		text, err = os.ReadFile(filepath.Join(root, "tests", "cluster", "build", "go.mod"))
		if err == nil {
			break
		}
		if !errors.Is(err, os.ErrNotExist) || filepath.Dir(root) == root {
			return "", nil, fmt.Errorf("no tests/cluster/build/go.mod above the working directory: %w", err)
		}
		root = filepath.Dir(root)
	}
	found = make(map[string]string)
	for name, line := range versions {
		match := line.FindSubmatch(text)
		if match == nil {
			return "", nil, fmt.Errorf("tests/cluster/build/go.mod does not require %s", name)
		}
		found[name] = string(match[1])
	}
	return root, found, nil
}
