package readme_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const troubleshooting = "functions/TROUBLESHOOTING.md"

// TestSymptoms checks that each symptom says its cause, how to check it, and the remedy.
func TestSymptoms(t *testing.T) {
	t.Parallel()
	sections := strings.Split(read(t, troubleshooting), "\n### ")[1:]
	if least := 25; len(sections) < least {
		t.Errorf("%d symptoms, want at least %d", len(sections), least)
	}
	for _, section := range sections {
		title, text, _ := strings.Cut(section, "\n")
		last := -1
		for _, label := range []string{"- **Cause**: ", "- **Check**: ", "- **Remedy**: "} {
			at := strings.Index(text, label)
			if at <= last || strings.Count(text, label) != 1 {
				t.Errorf("%q: %s is missing, twice or not in its place", title, label)
			}
			last = at
		}
	}
}

// TestQuotedTexts checks that the program has each text of an error that the document
// quotes. An ellipsis stands for what differs, and a colon or a semicolon joins two texts.
func TestQuotedTexts(t *testing.T) {
	t.Parallel()
	texts := programTexts(t)
	count := 0
	for _, b := range blocks(t, troubleshooting) {
		if b.info != "text" {
			continue
		}
		for line := range strings.Lines(b.text) {
			for _, part := range regexp.MustCompile(`…|: |; `).Split(strings.TrimSpace(line), -1) {
				part = strings.Trim(part, " :;")
				if part == "" {
					continue
				}
				count++
				if !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, part) }) {
					t.Errorf("%s:%d quotes %q, which the program does not say", troubleshooting, b.line, part)
				}
			}
		}
	}
	if least := 60; count < least {
		t.Errorf("%d texts were found, want at least %d", count, least)
	}
}

// programTexts returns the texts in the sources of the program. Those that are joined
// with + are one text.
func programTexts(t *testing.T) []string {
	t.Helper()
	var texts []string
	for _, folder := range []string{"functions", "shared"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(name string, _ fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(name, ".js") && strings.Contains(name, "/ui/assets/") { // what the page says
				script, err := os.ReadFile(name)
				texts = append(texts, string(script))
				return err
			}
			if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "testkit") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				expr, ok := n.(ast.Expr)
				if !ok {
					return true
				}
				text := joined(expr)
				if text != "" {
					texts = append(texts, text)
				}
				return text == ""
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return texts
}

// joined returns the text of a literal, or of several with + between them. Anything else
// in between becomes a space.
func joined(expr ast.Expr) string {
	switch e := expr.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			if text, err := strconv.Unquote(e.Value); err == nil {
				return text
			}
		}
	case *ast.BinaryExpr:
		left, right := joined(e.X), joined(e.Y)
		if e.Op == token.ADD && left+right != "" {
			return left + right
		}
	}
	return ""
}
