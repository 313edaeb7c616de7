// Package manifests answers whether Knative itself takes the manifests: each
// rendered overlay is read strictly into Knative's types and checked by the
// rules that its webhooks apply. It is a module of its own, so that Knative's
// dependencies are nobody else's.
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

// overlays are the kustomizations that somebody may deploy, by name: each as if
// it lay in a folder beside the overlays.
func overlays(t *testing.T) map[string]string {
	t.Helper()
	readme, err := os.ReadFile("../../knative/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(readme), "```yaml\n")
	example, _, found := strings.Cut(example, "```")
	if !found {
		t.Fatal("knative/README.md has no example")
	}
	return map[string]string{
		"dev":        "resources: [../dev]",
		"production": "resources: [../production]",
		"events":     "resources: [../production]\ncomponents: [../../components/job-events]",
		"owners":     "resources: [../production]\ncomponents: [../../components/owner-references]",
		"broker":     "resources: [../production]\ncomponents: [../../components/events]",
		"example":    example,
	}
}

// kustomize is held while it runs: it reads its schema into a variable of the
// process, and has no lock round that.
var kustomize sync.Mutex

// render is what kustomize makes of the embedded manifests.
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
