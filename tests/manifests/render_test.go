// Package manifests_test checks the manifests with Knative's own code: it decodes each
// rendered overlay strictly into Knative's types and validates it as the webhooks do.
// It is in a separate module, so that no other code depends on Knative.
package manifests_test

import (
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"kubejobs/knative"
)

// overlays returns kustomizations by name: the overlays, production with each
// component, and the examples in README.md. Each is rendered as if it were in a folder
// of knative/overlays.
func overlays(t *testing.T) map[string]string {
	t.Helper()
	readme, err := os.ReadFile("../../knative/README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(readme), "```yaml\n")
	if len(blocks) != 3 {
		t.Fatalf("knative/README.md has %d YAML blocks, want 2", len(blocks)-1)
	}
	example, _, _ := strings.Cut(blocks[1], "```")
	nodes, _, _ := strings.Cut(blocks[2], "```")
	return map[string]string{
		"dev":              "resources: [../dev]",
		"production":       "resources: [../production]",
		"events":           "resources: [../production]\ncomponents: [../../components/events]",
		"job-events":       "resources: [../production]\ncomponents: [../../components/job-events]",
		"control":          "resources: [../production]\ncomponents: [../../components/control]",
		"control, events":  "resources: [../production]\ncomponents: [../../components/job-events, ../../components/control]",
		"control, owner":   "resources: [../production]\ncomponents: [../../components/control, ../../components/owner-references]",
		"credentials":      "resources: [../production]\ncomponents: [../../components/credentials]",
		"owner-references": "resources: [../production]\ncomponents: [../../components/owner-references]",
		"oidc":             "resources: [../production]\ncomponents: [../../components/oidc]",
		"oidc, job-events": "resources: [../production]\ncomponents: [../../components/job-events, ../../components/oidc]",
		"metronome":        "resources: [../production]\ncomponents: [../../components/metronome]",
		"oidc, metronome":  "resources: [../production]\ncomponents: [../../components/metronome, ../../components/oidc]",
		"api-tokens":       "resources: [../production]\ncomponents: [../../components/api-tokens]",
		"README":           example,
		"README, nodes":    nodes,
	}
}

// kustomize serializes kustomize's runs: it writes its schema into a global variable
// without a lock.
var kustomize sync.Mutex

// render renders a kustomization with the embedded manifests.
func render(t *testing.T, kustomization string) []*resource.Resource {
	t.Helper()
	files := filesys.MakeFsInMemory()
	err := fs.WalkDir(knative.Manifests, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := knative.Manifests.ReadFile(path)
		if err != nil {
			return err
		}
		return files.WriteFile("/knative/"+path, text)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := files.WriteFile("/knative/overlays/test/kustomization.yaml", []byte(kustomization)); err != nil {
		t.Fatal(err)
	}
	kustomize.Lock()
	defer kustomize.Unlock()
	rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, "/knative/overlays/test")
	if err != nil {
		t.Fatalf("kustomize: %v", err)
	}
	return rendered.Resources()
}
