package readme_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTree checks that each folder and file in the tables of the tree and of the import
// law exists. `<one>` and `**` stand for any.
func TestTree(t *testing.T) {
	t.Parallel()
	_, tables, _ := strings.Cut(read(t, "shared/ARCHITECTURE.md"), "\n## The tree\n")
	count := 0
	for line := range strings.Lines(tables) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		for _, match := range code.FindAllStringSubmatch(cells[1], -1) {
			path, _, _ := strings.Cut(strings.ReplaceAll(match[1], "<one>", "start"), "/**")
			count++
			if _, err := os.Stat(filepath.Join(root, path)); err != nil {
				t.Errorf("the table has %s: %v", match[1], err)
			}
		}
	}
	if least := 15; count < least {
		t.Errorf("%d paths were found, want at least %d", count, least)
	}
}

// TestPhases checks that the diagram has a way to each phase.
func TestPhases(t *testing.T) {
	t.Parallel()
	_, diagram, _ := strings.Cut(read(t, "shared/ARCHITECTURE.md"), "```mermaid\n")
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
