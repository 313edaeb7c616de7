package readme_test

import (
	"os"
	"path/filepath"
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
