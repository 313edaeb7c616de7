// Package openapi_test sends the examples of the description of the API to a real
// server, as Go and as the command lines of the page.
package openapi_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kubejobs/functions"
	"kubejobs/functions/openapi"
	"kubejobs/functions/openapi/describe"
	"kubejobs/functions/stream"
	"kubejobs/shared/core/job"
	"kubejobs/shared/platform/config"
	"kubejobs/tests/world"
)

// settings are those that all examples need.
func settings(operation string) map[string]string {
	all := map[string]string{"FUNCTION_TARGET": config.TargetAll, "METRICS": "true"}
	switch operation {
	case "saveJobStatus":
		all["JOB_STATUS"] = config.JobStatusEvents
	case "beat", "tickBatch":
		all["SCHEDULER"], all["TICK_SINK"] = config.SchedulerMetronome, ""
	}
	return all
}

// streamed is how long streams last.
const streamed = 300 * time.Millisecond

// wanted holds the statuses of the calls that are not answered 200.
var wanted = map[string]int{
	"startJob": http.StatusAccepted, "stopJob": http.StatusNoContent, "installPlugin": http.StatusBadRequest,
	"startSession": http.StatusBadRequest, "endSession": http.StatusNoContent,
	"tickBatch": http.StatusUnauthorized,
}

// open serves the functions on a Redis that has what the examples name. The job demo runs
// with a few samples, or has finished if the operation needs that.
func open(t *testing.T, operation string) *world.World {
	t.Helper()
	queue := &job.Address{}
	w := world.Open(t, settings(operation), world.Options{Functions: functions.Options{
		Queue: queue, Streams: stream.Options{Length: streamed},
	}})
	queue.Host, queue.Port = "127.0.0.1", w.Queue.Port()
	w.Fill(200, 0, 0)
	w.Start("demo", `"expected_time":40,"number_of_jobs":200`)
	for i := range 5 {
		w.Fill(200-10*i, 2, 10*i)
		w.Pass(2 * time.Second)
		w.Tick("demo")
	}
	if needsEnd(operation) {
		w.Fill(0, 0, 200)
		w.Pass(2 * time.Second)
		w.Tick("demo")
	}
	return w
}

// needsEnd reports whether an operation shows something of an ended job only.
func needsEnd(operation string) bool {
	return operation == "getReport" || operation == "getDetailedReport"
}

// local replaces the address in an example by that of the test's Redis.
func local(w *world.World, text string) string {
	return strings.ReplaceAll(text, `"redis_port":6390`, fmt.Sprintf(`"redis_port":%d`, w.Queue.Port()))
}

func operations(t *testing.T) []*describe.Operation {
	t.Helper()
	document, err := describe.Parse(openapi.Document())
	if err != nil {
		t.Fatal(err)
	}
	return document.Operations()
}

// TestExamples sends every example. The world compares each answer with the description.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, o := range operations(t) {
		for i, call := range o.Calls() {
			t.Run(o.ID+strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				w := open(t, o.ID)
				if o.ID == "startJob" { // a new job, in the lists that the example names
					w.Call(http.MethodPut, "/monitoring/demo/stop", "")
					if err := w.Jobs.Do(t.Context(), "COPY", "job", "video", "DB", 3, "REPLACE").Err(); err != nil {
						t.Fatal(err)
					}
				}
				var header []string
				for _, h := range call.Header {
					header = append(header, h[0], h[1])
				}
				got := w.Call(call.Method, call.Target, local(w, call.Body), header...)
				if want := cmp.Or(wanted[o.ID], http.StatusOK); got.Status != want {
					t.Errorf("%s %s: %d %s, want %d", call.Method, call.Target, got.Status, got.Body, want)
				}
				if strings.Contains(got.Body, "unknown field") {
					t.Errorf("%s has a field that is not read: %s", call.Body, got.Body)
				}
			})
		}
	}
}

// TestShownAnswers checks that a shown answer to a call has the fields of a real one.
func TestShownAnswers(t *testing.T) {
	t.Parallel()
	for _, o := range operations(t) {
		media := o.Responses["200"].Content["application/json"]
		if o.Method != http.MethodGet || len(media.Examples) == 0 || strings.HasPrefix(o.Path, "/health/") {
			continue
		}
		t.Run(o.ID, func(t *testing.T) {
			t.Parallel()
			w := open(t, o.ID)
			var real map[string]any
			got := w.Call(o.Method, o.Calls()[0].Target, "")
			if err := json.Unmarshal([]byte(got.Body), &real); err != nil {
				t.Fatal(err)
			}
			for name, example := range media.Examples {
				for field := range example.Value.(map[string]any) {
					if _, ok := real[field]; !ok && !secondKey.MatchString(field) {
						t.Errorf("example %s shows %s, which the server does not answer", name, field)
					}
				}
			}
		})
	}
}

var secondKey = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)

// command is a command line of the page.
var command = regexp.MustCompile(`(?s)<code class="curl">(.*?)</code>`)

// unused matches the calls that the test's settings do not use.
var unused = regexp.MustCompile(`/(jobs|metronome|ticks)"`)

// TestCommandLines runs each command line of the page in a shell.
func TestCommandLines(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../functions/openapi/page.html")
	if err != nil {
		t.Fatal(err)
	}
	w := open(t, "getReport")
	found := command.FindAllSubmatch(page, -1)
	var all []string
	for _, o := range operations(t) {
		for _, call := range o.Calls() {
			all = append(all, call.Curl())
		}
	}
	for _, match := range found {
		line := html.UnescapeString(string(match[1]))
		if !slices.Contains(all, line) {
			t.Errorf("the page has %s, which is no example", line)
		}
		shell := exec.CommandContext(t.Context(), "sh", "-ec",
			strings.Replace(local(w, line), "curl ", "curl -sS -m 2 -o /dev/null -w '%{http_code}' ", 1))
		shell.Env = append(os.Environ(), "KUBEJOBS_URL="+w.URL, "no_proxy=*")
		out, err := shell.Output()
		status, _ := strconv.Atoi(strings.TrimSpace(string(out)))
		if status == 0 || status == 404 && !unused.MatchString(line) || status == 405 || err != nil {
			t.Errorf("%s: %s %v", line, out, err)
		}
	}
	if len(found) != len(all) {
		t.Errorf("the page has %d command lines, want %d", len(found), len(all))
	}
}
