package readme_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// command is a command line of a document: of a shell block, or in backticks.
type command struct{ where, text string }

var (
	assignments = regexp.MustCompile(`^(?:[A-Z_]+=\S* +)+`)
	programs    = regexp.MustCompile(`^(?:kubectl|promtool|make|go|redis-cli|curl|python3|apt-get|cd|read|bash|sh|sudo|seq|\.ci/run|\./\S+)(?: |$)`)
)

// commands returns the command lines of a document.
func commands(t *testing.T, document string) []command {
	t.Helper()
	var found []command
	for _, b := range blocks(t, document) {
		if b.info == "sh" {
			found = append(found, command{fmt.Sprintf("%s:%d", document, b.line), b.text})
		}
	}
	for _, match := range code.FindAllStringSubmatch(fenced.ReplaceAllString(read(t, document), ""), -1) {
		if text := strings.ReplaceAll(match[1], "\n", " "); programs.MatchString(assignments.ReplaceAllString(text, "")) {
			found = append(found, command{document, text})
		}
	}
	return found
}

// A word stands at the begin of a command, or after one that takes a command.
const begin = `(?m)(?:^|[;&|({]|\bthen|\bdo|\$\()\s*(?:[A-Z_]+=\S* +)*`

// unfit are what a command must not do, as a reader pastes it into a shell that goes on.
var unfit = map[string]*regexp.Regexp{
	"reads from the terminal, and so the next line":   regexp.MustCompile(begin + `(?:read|ssh|su|sudo|passwd|less|more|vi|nano|cat *(?:$|>|\|)|redis-cli(?: +-[hp] +\S+)* *$)\b?|kubectl [^|;&\n]*(?: -[a-z]*i[a-z]*t| edit)\b`),
	"changes or ends the reader's shell":              regexp.MustCompile(begin + `(?:cd|exit|exec|set|export|unset|source|\.)(?: |$)`),
	"is changed by a shell that is typed into":        regexp.MustCompile("\t|!|(?m)^ *[#$%>] "),
	"has a placeholder that a shell takes for a file": regexp.MustCompile(`<[A-Za-z]|[a-z]>(?: |$)`),
}

// cluster matches the commands that act on a cluster, and named those that name it.
var (
	cluster = regexp.MustCompile(begin + `((?:kubectl|make (?:un)?deploy|func (?:deploy|delete))\b[^|;&\n]*)`)
	named   = regexp.MustCompile(`^kubectl (?:--context [\w-]+ |config get-contexts)|^make .*\bCONTEXT=[\w-]+`)
)

// path matches what must be a file of the repository, target a target of make.
var (
	path   = regexp.MustCompile(`(?:^|[\s'"=])((?:\./)?(?:functions|shared|knative|tests|\.ci)/[\w./-]*\w)`)
	target = regexp.MustCompile(begin + `make ([a-z-]+)`)
)

// problems returns what is wrong with a command that a reader pastes.
func problems(t *testing.T, text string) []string {
	t.Helper()
	var found []string
	syntax := exec.Command("bash", "-n")
	syntax.Stdin = strings.NewReader(text)
	if out, err := syntax.CombinedOutput(); err != nil {
		found = append(found, string(out))
	}
	for what, pattern := range unfit {
		if match := pattern.FindString(text); match != "" {
			found = append(found, fmt.Sprintf("%s: %q", what, match))
		}
	}
	for _, match := range cluster.FindAllStringSubmatch(text, -1) {
		if !named.MatchString(match[1]) {
			found = append(found, fmt.Sprintf("acts on a cluster that it does not name: %q", match[1]))
		}
	}
	for _, match := range path.FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join(root, match[1])); err != nil {
			found = append(found, "is not in the repository: "+match[1])
		}
	}
	for _, match := range target.FindAllStringSubmatch(text, -1) {
		if !strings.Contains(read(t, "Makefile"), "\n"+match[1]+":") {
			found = append(found, "is no target of make: "+match[1])
		}
	}
	return found
}

// Every command of the documents can be pasted as it stands, in the root of the
// repository.
func TestCommandsCanBePasted(t *testing.T) {
	t.Parallel()
	for _, document := range documents {
		for _, c := range commands(t, document) {
			for _, problem := range problems(t, c.text) {
				t.Errorf("%s: %s\n%s", c.where, problem, c.text)
			}
		}
	}
}

// The commands of promtool run in the root of the repository.
func TestPromtool(t *testing.T) {
	t.Parallel()
	count := 0
	for _, document := range documents {
		for _, c := range commands(t, document) {
			if !strings.HasPrefix(c.text, "promtool ") {
				continue
			}
			count++
			shell := exec.Command("bash", "-c", c.text)
			shell.Dir = root
			if out, err := shell.CombinedOutput(); err != nil {
				t.Errorf("%s: %s: %v\n%s", c.where, c.text, err, out)
			}
		}
	}
	if count == 0 {
		t.Error("no document has a command of promtool")
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"a secret from the next line": {"read -rs URL && kubectl --context c create secret generic x --from-literal=a=$URL\nmake test", "reads from the terminal"},
		"a password":                  {"sudo apt-get install redis", "reads from the terminal"},
		"a session":                   {"redis-cli -p 6390\nmake test", "reads from the terminal"},
		"a file from the terminal":    {"cat >x\nmake test", "reads from the terminal"},
		"a pod's terminal":            {"kubectl --context c exec -it pod sh", "reads from the terminal"},
		"another folder":              {"cd knative && promtool test rules x", "changes or ends"},
		"an option of the shell":      {"set -e\nmake test", "changes or ends"},
		"a comment":                   {"# first\nmake test", "is changed by"},
		"a prompt":                    {"$ make test", "is changed by"},
		"a tab":                       {"{\n\tmake test; }", "is changed by"},
		"an event of the history":     {`echo "done!"`, "is changed by"},
		"a placeholder":               {"curl http://<host>/", "has a placeholder"},
		"any cluster":                 {"kubectl apply -f knative/base", "acts on a cluster"},
		"any cluster, in a pipeline":  {"make manifests | kubectl -n a apply -f -", "acts on a cluster"},
		"any cluster, by make":        {"IMAGE=a make deploy", "acts on a cluster"},
		"a file that is not there":    {"promtool test rules knative/rules.yaml", "is not in the repository"},
		"a target that is not there":  {"make dinner", "is no target"},
		"a quote that does not end":   {"echo 'a", "unexpected EOF"},
		"sound": {
			"seq 3 | xargs redis-cli -p 6390 rpush job\nKO_DOCKER_REPO=a make deploy CONTEXT=c\nkubectl --context c get pods", "",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(problems(t, tt.text), "\n")
			if !strings.Contains(got, tt.want) || (tt.want == "") != (got == "") {
				t.Errorf("problems: %q, want %q", got, tt.want)
			}
		})
	}
}

// The shell blocks for a cluster run with a kubectl and a make that keep what they
// get. Every call names the cluster; the rules that they send are a PrometheusRule.
func TestClusterCommands(t *testing.T) {
	t.Parallel()
	for _, document := range []string{"knative/README.md", "knative/observability/README.md"} {
		dir := t.TempDir()
		stub := fmt.Sprintf("#!/bin/sh\necho \"$(basename $0) $*\" >>%[1]s/calls\nfor last; do :; done\n[ \"$last\" != - ] || cat >>%[1]s/input\n", dir)
		for _, name := range []string{"kubectl", "make"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(stub), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		for _, b := range blocks(t, document) {
			if b.info != "sh" {
				continue
			}
			shell := exec.Command("bash", "-eo", "pipefail", "-s")
			shell.Stdin, shell.Dir = strings.NewReader(b.text), root
			shell.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
			if out, err := shell.CombinedOutput(); err != nil {
				t.Errorf("%s:%d: %v\n%s", document, b.line, err, out)
			}
		}
		calls, err := os.ReadFile(filepath.Join(dir, "calls"))
		if err != nil {
			t.Fatal(err)
		}
		for call := range strings.Lines(string(calls)) {
			if !named.MatchString(call) {
				t.Errorf("%s: this call does not name its cluster: %s", document, call)
			}
		}
		input, err := os.ReadFile(filepath.Join(dir, "input"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		var rule struct {
			Kind string `json:"kind"`
			Spec struct {
				Groups []any `json:"groups"`
			} `json:"spec"`
		}
		if err := yaml.Unmarshal(input, &rule); err != nil || (len(input) > 0 && (rule.Kind != "PrometheusRule" || len(rule.Spec.Groups) == 0)) {
			t.Errorf("%s: %v, sent:\n%.500s", document, err, input)
		}
	}
}
