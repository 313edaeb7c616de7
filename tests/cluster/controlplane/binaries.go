package controlplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// versions match the lines with the versions, each in a file below tests/cluster/build.
// The Makefile reads the same lines.
var versions = map[string]struct {
	file string
	line *regexp.Regexp
}{
	"kubernetes": {"go.mod", regexp.MustCompile(`(?m)^\s+k8s\.io/kubernetes (v\S+)`)},
	"etcd":       {"go.mod", regexp.MustCompile(`(?m)^\s+go\.etcd\.io/etcd/server/v3 (v\S+)`)},
	"kwok":       {"kwok/go.mod", regexp.MustCompile(`(?m)^\s+sigs\.k8s\.io/kwok (v\S+)`)},
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

// binaries returns the directory of the programs that make control-plane built, and the
// name of kwok's there.
func binaries() (dir, kwok string, err error) {
	root, pinned, err := pinned()
	if err != nil {
		return "", "", err
	}
	dir = filepath.Join(root, ".cache", "control-plane",
		fmt.Sprintf("kubernetes-%s-etcd-%s", pinned["kubernetes"], pinned["etcd"]))
	kwok = "kwok-" + pinned["kwok"]
	for _, name := range []string{"kube-controller-manager", kwok} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return "", "", fmt.Errorf("the control plane is not built, run `make control-plane`: %w", err)
		}
	}
	return dir, kwok, nil
}

// pinned returns the root of the repository, above the working directory, and the
// versions in tests/cluster/build.
func pinned() (root string, found map[string]string, err error) {
	root, err = os.Getwd()
	if err != nil {
		return "", nil, err
	}
	for {
		_, err = os.Stat(filepath.Join(root, "tests", "cluster", "build", "go.mod"))
		if err == nil {
			break
		}
		if !errors.Is(err, os.ErrNotExist) || filepath.Dir(root) == root {
			return "", nil, fmt.Errorf("no tests/cluster/build/go.mod above the working directory: %w", err)
		}
		root = filepath.Dir(root)
	}
	found = make(map[string]string)
	for name, version := range versions {
		text, err := os.ReadFile(filepath.Join(root, "tests", "cluster", "build", version.file))
		if err != nil {
			return "", nil, err
		}
		match := version.line.FindSubmatch(text)
		if match == nil {
			return "", nil, fmt.Errorf("tests/cluster/build/%s does not require %s", version.file, name)
		}
		found[name] = string(match[1])
	}
	return root, found, nil
}
