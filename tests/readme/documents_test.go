package readme_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const architecture = "shared/ARCHITECTURE.md"

var (
	jobKey   = regexp.MustCompile(`"(monitor:\{)" \+ string\(id\) \+ "(\}:[a-z]+)"`)
	anyKey   = regexp.MustCompile(`"(monitor:[^"]*)"`)
	tableKey = regexp.MustCompile("`(monitor:[^`]+)`")
)

// The table of keys is that of the code: each key of a job, and each other key, of which the
// code may have the beginning only.
func TestArchitectureHasTheKeys(t *testing.T) {
	t.Parallel()
	var documented []string
	for line := range strings.Lines(read(t, architecture)) {
		if first, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | "); strings.HasPrefix(line, "| `monitor:") {
			for _, match := range tableKey.FindAllStringSubmatch(first, -1) {
				documented = append(documented, match[1])
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(root, "shared/drivers/redisstore/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source := read(t, strings.TrimPrefix(file, root+"/"))
		source = jobKey.ReplaceAllString(source, `"${1}id${2}"`)
		for _, match := range anyKey.FindAllStringSubmatch(source, -1) {
			found := false
			for _, key := range documented {
				if key == match[1] || strings.HasSuffix(match[1], "{") && strings.HasPrefix(key, match[1]) {
					used[key], found = true, true
				}
			}
			if !found {
				t.Errorf("%s has the key %s, which %s does not have", file, match[1], architecture)
			}
		}
	}
	if least := 12; len(used) < least {
		t.Errorf("the code has %d keys, want at least %d", len(used), least)
	}
	for _, key := range documented {
		if !used[key] {
			t.Errorf("%s has the key %s, which the code does not have", architecture, key)
		}
	}
}

// The table of the tree has each folder of the program, and no other.
func TestArchitectureHasTheTree(t *testing.T) {
	t.Parallel()
	_, table, _ := strings.Cut(read(t, architecture), "\n## The tree\n")
	var documented []string
	for line := range strings.Lines(table) {
		if first, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " | "); ok && strings.HasPrefix(line, "| `") {
			for _, match := range code.FindAllStringSubmatch(first, -1) {
				documented = append(documented, strings.TrimSuffix(match[1], "/*"))
			}
		}
	}
	for _, folder := range documented {
		if info, err := os.Stat(filepath.Join(root, folder)); err != nil || !info.IsDir() {
			t.Errorf("%s names the folder %s: %v", architecture, folder, err)
		}
	}
	for _, parent := range []string{"", "shared"} {
		entries, err := os.ReadDir(filepath.Join(root, parent))
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			folder := filepath.Join(parent, entry.Name())
			known := slices.ContainsFunc(documented, func(name string) bool { return strings.HasPrefix(name+"/", folder+"/") })
			if entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") && entry.Name() != "bin" && !known {
				t.Errorf("%s does not name the folder %s", architecture, folder)
			}
		}
	}
}

// Each phase is in the diagram, with the ways that the document gives it.
func TestArchitectureHasThePhases(t *testing.T) {
	t.Parallel()
	_, diagram, _ := strings.Cut(read(t, architecture), "```mermaid\n")
	diagram, _, _ = strings.Cut(diagram, "```")
	phases := regexp.MustCompile(`Phase\w+ Phase = "(\w+)"`).FindAllStringSubmatch(read(t, "shared/core/job/phase.go"), -1)
	if least := 5; len(phases) < least {
		t.Fatalf("the code has %d phases, want at least %d", len(phases), least)
	}
	for _, match := range phases {
		if !strings.Contains(diagram, "--> "+match[1]+":") {
			t.Errorf("the diagram has no way to %s", match[1])
		}
	}
}
