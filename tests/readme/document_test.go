// Package readme_test checks the documents against the program: it runs the
// commands of README.md as a reader pastes them, and compares the tables of
// functions/README.md with the code.
package readme_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is the folder that the documents' commands run in.
const root = "../.."

// documents are the documents with commands.
var documents = []string{
	"README.md", "CONTRIBUTING.md", "functions/README.md", "functions/TROUBLESHOOTING.md", "functions/WITHOUT-ASPERATHOS.md", "knative/MIGRATION.md",
	"shared/ARCHITECTURE.md", "tests/README.md", "tests/RELIABILITY.md", "tests/SCALING.md", "knative/README.md", "knative/observability/README.md",
}

// block is a fenced block of a document.
type block struct {
	document string
	line     int    // of its first line
	info     string // what follows the opening fence
	before   string // the text between the previous block and this one
	text     string
}

// read returns the text of a document.
func read(t *testing.T, document string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, document))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks returns the fenced blocks of a document in their order.
func blocks(t *testing.T, document string) []block {
	t.Helper()
	var found []block
	var before, inside strings.Builder
	var open *block
	for i, line := range strings.Split(read(t, document), "\n") {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			open = &block{document: document, line: i + 2, info: info, before: before.String()}
			inside.Reset()
		case fence:
			open.text = inside.String()
			found, open = append(found, *open), nil
			before.Reset()
		case open != nil:
			inside.WriteString(line + "\n")
		default:
			before.WriteString(line + "\n")
		}
	}
	if open != nil {
		t.Fatalf("%s: the block at line %d does not end", document, open.line)
	}
	return found
}

// workers returns the blocks of the documents that are workers, by their file names.
func workers(t *testing.T) map[string]block {
	t.Helper()
	found := map[string]block{}
	for _, document := range []string{"README.md", "functions/README.md"} {
		for _, b := range blocks(t, document) {
			if b.info == "python" || b.info == "go" {
				found[b.savedAs(t)] = b
			}
		}
	}
	return found
}

// TestInfoStrings checks that the info string of each block says whether the block
// is run, by a reader, TestCommands and TestWorkers: sh, python and go are, the others
// are not.
func TestInfoStrings(t *testing.T) {
	t.Parallel()
	known := []string{"sh", "python", "go", "console", "json", "mermaid", "text", "yaml"}
	for _, document := range documents {
		for _, b := range blocks(t, document) {
			if !slices.Contains(known, b.info) {
				t.Errorf("%s:%d: a block of %q, want one of %q", document, b.line, b.info, known)
			}
		}
	}
}

var (
	heading  = regexp.MustCompile(`(?m)^#+ (.*)$`)
	link     = regexp.MustCompile(`\]\(([^()#:]*)(?:#([^()]*))?\)`) // to a file, and where in it
	fenced   = regexp.MustCompile("(?ms)^```.*?^```$")
	noAnchor = regexp.MustCompile(`[^\w\- ]`)
)

// TestLinks follows the links between the documents, to their headings too.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, document := range documents {
		for _, match := range link.FindAllStringSubmatch(fenced.ReplaceAllString(read(t, document), ""), -1) {
			target := document
			if match[1] != "" {
				target = filepath.Join(filepath.Dir(document), match[1])
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s: a link to %s: %v", document, match[1], err)
			} else if match[2] != "" && !slices.Contains(anchors(t, target), match[2]) {
				t.Errorf("%s: a link to %s, which has no heading %s", document, target, match[2])
			}
		}
	}
}

// anchors returns the anchors that a document's headings get.
func anchors(t *testing.T, document string) []string {
	t.Helper()
	var found []string
	for _, match := range heading.FindAllStringSubmatch(read(t, document), -1) {
		found = append(found, strings.ReplaceAll(noAnchor.ReplaceAllString(strings.ToLower(match[1]), ""), " ", "-"))
	}
	return found
}

// code is a text in backticks.
var code = regexp.MustCompile("`([^`]+)`")

// cells returns what stands in backticks in one column of the tables below a
// heading of functions/README.md.
func cells(t *testing.T, title string, column int) []string {
	t.Helper()
	_, section, ok := strings.Cut(read(t, "functions/README.md"), "\n## "+title+"\n")
	if !ok {
		t.Fatalf("functions/README.md has no heading %q", title)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var found []string
	for line := range strings.SplitSeq(section, "\n") {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		for _, match := range code.FindAllStringSubmatch(strings.Split(line, "|")[column], -1) {
			found = append(found, match[1])
		}
	}
	if len(found) == 0 {
		t.Fatalf("functions/README.md has no table below %q", title)
	}
	return found
}

// TestTestsExist checks that the tests which documents name exist.
func TestTestsExist(t *testing.T) {
	t.Parallel()
	all := testSources(t)
	for _, document := range []string{"tests/README.md", "tests/RELIABILITY.md", "SECURITY.md"} {
		named := 0
		for _, match := range code.FindAllStringSubmatch(read(t, document), -1) {
			name, row, _ := strings.Cut(match[1], "/")
			if !strings.HasPrefix(name, "Test") && !strings.HasPrefix(name, "Fuzz") {
				continue
			}
			if named++; !strings.Contains(all, "\nfunc "+name+"(") {
				t.Errorf("%s names %s, which does not exist", document, name)
			}
			if row != "" && !strings.Contains(all, strconv.Quote(row)+":") {
				t.Errorf("%s names %s, which has no such row", document, match[1])
			}
		}
		if named == 0 {
			t.Errorf("%s names no test", document)
		}
	}
}

// testSources returns the text of all tests.
func testSources(t *testing.T) string {
	t.Helper()
	var sources strings.Builder
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && file != root {
			return filepath.SkipDir
		}
		if err != nil || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := os.ReadFile(file)
		sources.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sources.String()
}
