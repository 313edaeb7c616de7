package readme_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sources returns the text of all files of the program.
func sources(t *testing.T, folders ...string) string {
	t.Helper()
	var all strings.Builder
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join("../..", folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") {
				return err
			}
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

func document(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile("../../" + path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// quoted is a text of the program in a paragraph: two words at least.
var quoted = regexp.MustCompile("`([A-Za-z][A-Za-z']* [^`\n]+)`")

// notTexts are commands and names in the document.
var notTexts = regexp.MustCompile(`^(kubejobs|redis-cli|kubectl|curl|ss|make) `)

// Each text that the troubleshooting quotes is one of the program, and each symptom says
// more than its heading.
func TestTroubleshootingQuotesTheProgram(t *testing.T) {
	t.Parallel()
	text, program := document(t, "functions/TROUBLESHOOTING.md"), sources(t, "functions", "shared")
	checked := 0
	for _, match := range quoted.FindAllStringSubmatch(text, -1) {
		if notTexts.MatchString(match[1]) {
			continue
		}
		if checked++; !strings.Contains(program, match[1]) {
			t.Errorf("no text of the program is %q", match[1])
		}
	}
	symptoms := strings.Split(text, "\n### ")[1:]
	if len(symptoms) < 25 || checked < 30 {
		t.Errorf("%d symptoms with %d texts", len(symptoms), checked)
	}
	for _, symptom := range symptoms {
		heading, body, _ := strings.Cut(symptom, "\n")
		if len(strings.Fields(body)) < 12 {
			t.Errorf("%s: there is no remedy", heading)
		}
	}
}

var (
	jobKey   = regexp.MustCompile(`"monitor:\{" \+ string\(id\) \+ "\}:([a-z]+)"`)
	otherKey = regexp.MustCompile(`Key = "(monitor:[a-z]+)"`)
	tableKey = regexp.MustCompile("(?m)^\\| `(monitor:[^`]+)` \\|")
)

// The table of keys is that of the code.
func TestArchitectureHasTheKeys(t *testing.T) {
	t.Parallel()
	code := document(t, "shared/drivers/redisstore/keys.go")
	var want, got []string
	for _, match := range jobKey.FindAllStringSubmatch(code, -1) {
		want = append(want, "monitor:{id}:"+match[1])
	}
	for _, match := range otherKey.FindAllStringSubmatch(code, -1) {
		want = append(want, match[1])
	}
	for _, match := range tableKey.FindAllStringSubmatch(document(t, "shared/ARCHITECTURE.md"), -1) {
		got = append(got, match[1])
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) || len(want) < 9 {
		t.Errorf("the document has the keys %v, the code %v", got, want)
	}
}

// Each folder in the table of the tree exists.
func TestArchitectureHasTheTree(t *testing.T) {
	t.Parallel()
	_, table, _ := strings.Cut(document(t, "shared/ARCHITECTURE.md"), "## The tree")
	folders := regexp.MustCompile("(?m)^\\| `([a-z/]+)").FindAllStringSubmatch(table, -1)
	if len(folders) < 8 {
		t.Errorf("the table has %d folders", len(folders))
	}
	for _, match := range folders {
		if info, err := os.Stat("../../" + match[1]); err != nil || !info.IsDir() {
			t.Errorf("there is no folder %s", match[1])
		}
	}
}
