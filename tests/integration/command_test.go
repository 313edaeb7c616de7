package integration_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kubejobs/shared/testkit/redistest"
)

// A job is started, watched and reported by commands alone. The exit statuses are those of
// the documents, and the token is never shown.
func TestCommandsOfTheProgram(t *testing.T) {
	t.Parallel()
	state := redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "TICK_SINK="+blackHole(t))
	queue := redistest.Start(t)
	kubejobs := func(want int, args ...string) string {
		t.Helper()
		cmd := exec.Command(program, args...)
		cmd.Env = append(os.Environ(), "KUBEJOBS_URL=http://"+s.Addr(), "KUBEJOBS_TOKEN=s3cret")
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != want || strings.Contains(string(out), "s3cret") {
			t.Errorf("%q: %v, want the exit status %d:\n%s", args, err, want, out)
		}
		return string(out)
	}
	fillQueue(t, queue, 3)
	_, port, _ := strings.Cut(queue.Addr(), ":")
	kubejobs(2, "start", "a")
	kubejobs(0, "start", "a", "--expected-time=600", "--redis-ip=127.0.0.1", "--redis-port", port, "--period", "3600")
	if out := kubejobs(0, "list", "--output", "csv"); !strings.Contains(out, "\na,pending,") {
		t.Errorf("list:\n%s", out)
	}
	if out := kubejobs(0, "forecast", "a", "--deadline", "30m"); !strings.Contains(out, "not enough data yet") {
		t.Errorf("forecast:\n%s", out)
	}
	kubejobs(5, "report", "a")
	kubejobs(4, "status", "b")
	if _, _, err := s.deliver(t.Context(), newTick("a")); err != nil {
		t.Fatal(err)
	}
	if out := kubejobs(0, "samples", "a", "--output", "ndjson"); strings.Count(out, "\n") != 1 || !strings.HasPrefix(out, `{"timestamp":`) {
		t.Errorf("samples:\n%s", out)
	}
	kubejobs(0, "stop", "a")
	if out := kubejobs(3, "watch", "a"); !strings.HasSuffix(out, "stopped: stopped by a caller\n") {
		t.Errorf("watch:\n%s", out)
	}
	if out := kubejobs(0, "help"); !strings.Contains(out, "Exit status:") || !strings.Contains(out, "KUBEJOBS_TOKEN") {
		t.Errorf("help:\n%s", out)
	}
}

// completionLibrary stands for what the package bash-completion provides to the script.
const completionLibrary = `_get_comp_words_by_ref() { cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; }
__ltrim_colon_completions() { :; }
compopt() { :; }
`

// The script for bash completes commands, the ids of jobs, flags and formats.
func TestCompletionOfBash(t *testing.T) {
	t.Parallel()
	state, queue := redistest.Start(t), redistest.Start(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "TICK_SINK="+blackHole(t))
	for _, id := range []string{"job-a", "job-b", "other"} {
		s.startJob(id, queue, 3600)
	}
	script, err := exec.Command(program, "completion", "bash").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(program, filepath.Join(dir, "kubejobs")); err != nil {
		t.Fatal(err)
	}
	complete := func(words ...string) []string {
		cmd := exec.Command("bash", "-c", completionLibrary+string(script)+`
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
__start_kubejobs; printf '%s\n' "${COMPREPLY[@]}"`, "bash")
		cmd.Args = append(cmd.Args, words...)
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "KUBEJOBS_URL=http://"+s.Addr())
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%q: %v\n%s", words, err, out)
		}
		var found []string
		for line := range strings.Lines(string(out)) {
			if name, _, _ := strings.Cut(strings.TrimSpace(line), " "); name != "" {
				found = append(found, name)
			}
		}
		slices.Sort(found)
		return found
	}
	for words, want := range map[string]string{
		"kubejobs sta":                 "start status",
		"kubejobs stop job-":           "job-a job-b",
		"kubejobs watch job-a job-":    "job-b",
		"kubejobs forecast o":          "other",
		"kubejobs samples other --u":   "--until",
		"kubejobs list --output ":      "csv json table yaml",
		"kubejobs start x --expected-": "--expected-time",
	} {
		if got := strings.Join(complete(strings.Split(words, " ")...), " "); got != want {
			t.Errorf("%s: %q, want %q", words, got, want)
		}
	}
}
