package remote_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"kubejobs/functions/cmd/kubejobs/internal/exit"
	"kubejobs/functions/cmd/kubejobs/internal/remote"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/tests/world"
)

// result is what a run of the program gives.
type result struct {
	out, err string
	code     int
}

// shell runs commands with an environment.
type shell struct {
	t   *testing.T
	env map[string]string
	in  string
}

func (s shell) run(args ...string) result {
	s.t.Helper()
	r := remote.New(func(name string) (string, bool) { value, ok := s.env[name]; return value, ok })
	root := &cobra.Command{Use: "kubejobs", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(r.Commands()...)
	var out, errs bytes.Buffer
	root.SetArgs(args)
	root.SetIn(strings.NewReader(s.in))
	root.SetOut(&out)
	root.SetErr(&errs)
	err := root.ExecuteContext(s.t.Context())
	if err != nil && !exit.Said(err) {
		errs.WriteString(err.Error())
	}
	return result{out.String(), errs.String(), exit.Of(err)}
}

// open returns a real server, and a shell that asks it.
func open(t *testing.T) (*world.World, shell) {
	t.Helper()
	w := world.Open(t, map[string]string{"TICK_SPACING": "0"}, world.Options{})
	return w, shell{t: t, env: map[string]string{"KUBEJOBS_URL": w.URL}}
}

// expect checks the exit status and that all texts are in the output.
func (r result) expect(t *testing.T, code int, texts ...string) result {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(r.out+r.err, text) {
			t.Errorf("the output lacks %q:\n%s%s", text, r.out, r.err)
		}
	}
	if r.code != code {
		t.Errorf("exit status %d, want %d:\n%s%s", r.code, code, r.out, r.err)
	}
	return r
}

func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func fromYAML[T any](t *testing.T, text string) T {
	t.Helper()
	var value T
	if err := yaml.Unmarshal([]byte(text), &value); err != nil || strings.HasPrefix(text, "{") {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

// The life of a job by the commands, in each format.
func TestCommands(t *testing.T) {
	t.Parallel()
	w, s := open(t)
	w.Fill(10, 0, 0)
	port := strconv.Itoa(w.Queue.Port())
	start := []string{"start", "a", "--expected-time", "1m", "--redis-ip", "127.0.0.1", "--redis-port=" + port, "--max-replicas", "7", "--actuator", "redis", "--scaling-strategy", "\x1b[31m"}
	s.run(start...).expect(t, 1, "scaling_strategy")
	start = start[:len(start)-2]
	s.run(start...).expect(t, 0, "items     10\n", "1 to 7 replicas, confidence 0.9, by redis", "(60 s from ")
	if got := decode[monitor.StartAnswer](t, s.run(append(start, "-o", "json")...).expect(t, 0).out); got.Items != 10 || got.Control.Max != 7 {
		t.Errorf("the same start again: %+v", got)
	}
	if got := fromYAML[monitor.StartAnswer](t, s.run(append(start, "-o", "yaml")...).expect(t, 0).out); got.Budget != 60 {
		t.Errorf("as YAML: %+v", got)
	}
	for i := range 6 {
		w.Fill(10-i-1, 1, i)
		w.Pass(2 * time.Second)
		w.Tick("a")
	}
	s.run("status", "a").expect(t, 0, "state     running", "50.0 % done, time 20.0 % (+30.0)", "started", "6 of 6 arrived")
	if got := decode[monitor.Status](t, s.run("status", "a", "--output=json").expect(t, 0).out); got.ID != "a" || got.Samples != 6 {
		t.Errorf("status: %+v", got)
	}
	if got := fromYAML[monitor.Status](t, s.run("status", "a", "--output=yaml").expect(t, 0).out); got.State != "running" {
		t.Errorf("status: %+v", got)
	}
	s.run("events", "a", "--no-follow").expect(t, 0, "  started     work was seen: 10 items")
	if lines := strings.Split(strings.TrimSpace(s.run("events", "a", "--no-follow", "-o", "json").expect(t, 0).out), "\n"); decode[job.Entry](t, lines[0]).Kind != job.EventStarted {
		t.Errorf("events: %q", lines)
	}
	s.run("report", "a").expect(t, 5, "no report yet")
	expectSamples(t, w, s)
	w.Fill(0, 0, 10)
	w.Pass(2 * time.Second)
	w.Tick("a")
	s.run("report", "a").expect(t, 0, "finished: the queue is empty", "met, 46.0 s to spare", "final error")
	if got := decode[job.Report](t, s.run("report", "a", "-o", "json").expect(t, 0).out); !got.DeadlineMet || got.Outcome == nil {
		t.Errorf("report: %+v", got)
	}
	s.run("report", "a", "--detailed").expect(t, 0, "2026-11-24T12:00:14Z  100.0 %")
	s.run("events", "a").expect(t, 0, "  finished    the queue is empty")
	s.run("watch", "a").expect(t, 0, "a finished", "deadline met, 46.0 s to spare")
	s.run("stop", "a", "b").expect(t, 4, "b: no such job")
	s.run("status", "b").expect(t, 4, "b: no such job")
}

// The samples are those of the server, in its own CSV and NDJSON.
func expectSamples(t *testing.T, w *world.World, s shell) {
	t.Helper()
	for format, path := range map[string]string{"csv": "/monitoring/a/samples.csv", "ndjson": "/monitoring/a/samples.ndjson"} {
		want := w.Call(http.MethodGet, path, "").Body
		if got := s.run("samples", "a", "--output", format).expect(t, 0).out; got != want || strings.Count(got, "\n") < 6 {
			t.Errorf("%s:\n%swant\n%s", format, got, want)
		}
	}
	s.run("samples", "a").expect(t, 0, "AT  ", "50.0 %  20.0 %  +30.0")
	if got := decode[[]monitor.TimedSample](t, s.run("samples", "a", "-o", "json", "--limit", "2").expect(t, 0).out); len(got) != 2 {
		t.Errorf("%d samples, want 2", len(got))
	}
	s.run("samples", "a", "--until", "1000", "-o", "csv").expect(t, 0, "timestamp,at,")
	s.run("samples", "b").expect(t, 4, "b: no such job")
}

// A list selects, sorts and shows in each format.
func TestList(t *testing.T) {
	t.Parallel()
	w, s := open(t)
	s.run("list", "-o", "json").expect(t, 0, "[]\n")
	for _, id := range []string{"a-1", "a-2", "b"} {
		w.Start(id, `"expected_time":60,"number_of_jobs":1`)
	}
	s.run("stop", "a-2").expect(t, 0, "a-2 stopped")
	w.Pass(time.Minute)
	ids := func(args ...string) string {
		var ids []string
		for _, status := range decode[[]monitor.Status](t, s.run(append([]string{"list", "-o", "json"}, args...)...).expect(t, 0).out) {
			ids = append(ids, string(status.ID))
		}
		return strings.Join(ids, " ")
	}
	for args, want := range map[string]string{
		"--sort id": "a-1 a-2 b", "--sort -id --limit 2": "b a-2", "a- --sort id": "a-1 a-2", "--state ended": "a-2", "--state stopped,pending --sort id": "a-1 a-2 b",
		"--sort id --offset 2": "b", "nothing": "",
	} {
		if got := ids(strings.Fields(args)...); got != want {
			t.Errorf("list %s = %q, want %q", args, got, want)
		}
	}
	s.run("list", "--sort", "id", "--limit", "1").expect(t, 0, "JOB  STATE", "a-1  pending", "only the first 1 jobs")
	if got := fromYAML[[]monitor.Status](t, s.run("list", "-o", "yaml").expect(t, 0).out); len(got) != 3 {
		t.Errorf("%d jobs, want 3", len(got))
	}
	rows, err := csv.NewReader(strings.NewReader(s.run("list", "--sort", "id", "-o", "csv").expect(t, 0).out)).ReadAll()
	if err != nil || len(rows) != 4 || rows[0][0] != "id" || rows[2][0] != "a-2" || rows[2][1] != "stopped" || len(rows[2]) != len(rows[0]) {
		t.Errorf("CSV: %q, %v", rows, err)
	}
}

// A request comes from a file or standard input as it is.
func TestStartFromAFile(t *testing.T) {
	t.Parallel()
	w, s := open(t)
	body := `{"plugin":"kubejobs","plugin_info":{"expected_time":30,"number_of_jobs":3,"redis_ip":"127.0.0.1","redis_port":` + strconv.Itoa(w.Queue.Port()) + `}}`
	path := filepath.Join(t.TempDir(), "request.json")
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run("start", "a", "--file", path).expect(t, 0, "items     3\n")
	s.in = body
	s.run("start", "b", "--file", "-").expect(t, 0, "items     3\n")
	s.in = `{"plugin":"x","plugin_info":{"expected_time":-1}}`
	s.run("start", "c", "--file=-").expect(t, 1, "plugin: ", "plugin_info.expected_time: ")
	s.run("start", "d", "--file", path+".none").expect(t, 1, "no such file")
	s.run("start", "A", "--file", path, "--items", "3", "--watch", "-o", "json").expect(t, 2,
		"id: want a DNS label", "--items: want it in the file", "--output: want none with --watch")
}

// Everything that is wrong is named, with the status 2, before anything is sent; for watch 2
// means that a job was late.
func TestUsage(t *testing.T) {
	t.Parallel()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s is asked for", r.URL) }))
	t.Cleanup(silent.Close)
	tests := map[string]struct {
		args string
		code int
		want []string
	}{
		"start":    {"start", 2, []string{"want the id of one job, got 0", "--expected-time: required"}},
		"start, 2": {"start a b --expected-time 0 --items x --redis-port 0 --confidence 1 --target x --min-replicas 3 --max-replicas 2 --actuator none --heuristic-options {", 2, []string{"got 2", "--expected-time: want seconds", "--items", "--redis-port", "--confidence", "--target: want KIND/NAME", "--min-replicas: want at most", "--actuator: want one of kubernetes, redis", "--heuristic-options: want JSON"}},
		"influx":   {"start a --expected-time 1 --influx-port 0", 2, []string{"--influx-host: required", "--influx-port"}[:1]},
		"stop":     {"stop", 2, []string{"want the id of a job, got none"}},
		"status":   {"status -x A --output csv", 2, []string{"-x: there is no such flag", "id: want a DNS label", "--output: want one of table, json, yaml, got \"csv\""}},
		"list":     {"list a b --state ok --sort size --limit 0 --offset -1", 2, []string{"at most one text", "--state: want living", "--sort: want one of urgency", "--limit", "--offset"}},
		"samples":  {"samples a --since soon --until 1 --limit", 2, []string{"--since: want RFC 3339", "--limit: want a value"}},
		"range":    {"samples a --since 2 --until 1", 2, []string{"--until: want a time after --since"}},
		"events":   {"events a --samples --no-follow", 2, []string{"--samples: not with --no-follow"}},
		"server":   {"report a --server ftp://u:secret@x --detailed=maybe", 2, []string{"--server: want http://HOST:PORT, got \"ftp://x\"", "--detailed: want true or false"}},
		"empty":    {"status a --server=", 2, []string{"--server: want http://HOST:PORT"}},
		"watch":    {"watch A --interval 3", 1, []string{"id: want a DNS label", "--interval: there is no such flag"}},
		"many":     {"watch" + strings.Repeat(" a", 21), 1, []string{"at most 20 jobs, got 21"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shell{t: t, env: map[string]string{"KUBEJOBS_URL": silent.URL}}
			got := s.run(strings.Fields(tt.args)...).expect(t, tt.code, tt.want...)
			if got.out != "" || strings.Contains(got.err, "\n") || strings.Contains(got.err, "secret") {
				t.Errorf("it says %q", got.out+got.err)
			}
		})
	}
	wrong := shell{t: t, env: map[string]string{"KUBEJOBS_URL": "x://y"}}
	wrong.run("list").expect(t, 2, "KUBEJOBS_URL: want http://HOST:PORT")
}

// The server is that of the flag, then of the environment; the token goes with each request,
// and is never shown.
func TestServerAndToken(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header.Get("Authorization")
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	for name, env := range map[string]map[string]string{
		"environment": {"KUBEJOBS_URL": server.URL, "KUBEJOBS_TOKEN": "s3cret\n"},
		"flag":        {"KUBEJOBS_URL": "http://127.0.0.1:1", "KUBEJOBS_TOKEN": "s3cret\n"},
	} {
		args := []string{"status", "a"}
		if name == "flag" {
			args = append(args, "--server", server.URL)
		}
		got := shell{t: t, env: env}.run(args...).expect(t, 1, "401 Unauthorized")
		if header := <-asked; header != "Bearer s3cret" || strings.Contains(got.out+got.err, "s3cret") {
			t.Errorf("%s: sent %q, shown %s", name, header, got.err)
		}
	}
	shell{t: t, env: map[string]string{"KUBEJOBS_TOKEN": "s3 cret"}}.run("list").expect(t, 2, "KUBEJOBS_TOKEN: the token: want")
	nobody := shell{t: t, env: map[string]string{"KUBEJOBS_URL": "http://127.0.0.1:1"}}
	nobody.run("stop", "a").expect(t, 5, "connection refused")
}

// A server without /overview is said to be older.
func TestOlderServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/monitoring" {
			_, _ = w.Write([]byte(`{"jobs":[]}`))
			return
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"error_code":404,"error_message":"no such path","error_name":"NOT_FOUND"}`))
	}))
	t.Cleanup(server.Close)
	s := shell{t: t, env: map[string]string{"KUBEJOBS_URL": server.URL}}
	for _, args := range [][]string{{"list"}, {"watch"}, {"watch", "a"}, {"events", "a"}} {
		s.run(args...).expect(t, 1, "the kubejobs at "+server.URL+" is older than this program: it has no /overview; update it")
	}
}

// Each command has examples, and says what its exit statuses mean.
func TestHelp(t *testing.T) {
	t.Parallel()
	s := shell{t: t}
	for _, cmd := range remote.New(nil).Commands() {
		text := s.run(cmd.Name(), "--help").expect(t, 0, "Exit status", "Examples:\n  ", "kubejobs "+cmd.Name(), "--server URL").out
		for line := range strings.Lines(text) {
			if len(line) > 150 {
				t.Errorf("%s: a line of %d characters: %s", cmd.Name(), len(line), line)
			}
		}
	}
}

// The shell completes ids of jobs and values of flags, and asks nobody for long.
func TestCompletion(t *testing.T) {
	t.Parallel()
	w, s := open(t)
	for _, id := range []string{"a-1", "a-2", "b"} {
		w.Start(id, `"expected_time":60,"number_of_jobs":1`)
	}
	tests := map[string]struct {
		args []string
		want []string
	}{
		"ids":          {[]string{"stop", ""}, []string{"a-1", "a-2", "b"}},
		"a prefix":     {[]string{"watch", "a"}, []string{"a-1", "a-2"}},
		"another one":  {[]string{"stop", "a-1", "a"}, []string{"a-2"}},
		"by a flag":    {[]string{"status", "--server", w.URL, "b"}, []string{"b"}},
		"output":       {[]string{"status", "a-1", "--output", ""}, []string{"table", "json", "yaml"}},
		"output with=": {[]string{"list", "--output=c"}, []string{"--output=csv"}},
		"a number":     {[]string{"samples", "a-1", "--limit", ""}, nil},
		"nobody":       {[]string{"status", "--server", "http://127.0.0.1:1", ""}, nil},
		"flags":        {[]string{"events", "a-1", "--no"}, []string{"--no-follow"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for line := range strings.Lines(s.run(append([]string{"__complete"}, tt.args...)...).out) {
				if text, _, _ := strings.Cut(strings.TrimSpace(line), "\t"); text != "" && !strings.HasPrefix(text, ":") {
					got = append(got, text)
				}
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(tt.want))
			if !slices.Equal(got, want) {
				t.Errorf("completions %q, want %q", got, want)
			}
		})
	}
}
