package contract_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// step is a capture and what has to happen before it.
type step struct {
	capture string
	before  func(*testing.T, *world)
}

// at returns a time on the day of the captures' submission times.
func at(text string) time.Time {
	moment, err := time.Parse("2006-01-02T15:04:05.999999Z", "2026-11-24T"+text+"Z")
	if err != nil {
		panic(err)
	}
	return moment
}

// clockAt returns a step's before that sets the clock.
func clockAt(text string) func(*testing.T, *world) {
	return func(_ *testing.T, w *world) { w.clock.set(at(text)) }
}

// The two jobs whose captures go to their end, and the moments of their samples. Each
// has one moment fewer than the original: here the job ends when both lists are
// empty, while the original takes one more sample.
var (
	plainJob      = job{id: "kj-life001", items: 6, budget: time.Minute, submitted: at("05:41:07.390079")}
	plainTimeline = []moment{
		{2 * time.Second, 3, 3, 0}, {4 * time.Second, 3, 3, 0}, {6 * time.Second, 0, 3, 3}, {8 * time.Second, 0, 0, 6},
	}
	detailedJob      = job{id: "kj-detail1", items: 6, budget: time.Minute, submitted: at("05:44:19.395322")}
	detailedTimeline = []moment{
		{2 * time.Second, 3, 3, 0}, {4 * time.Second, 0, 3, 3}, {6 * time.Second, 0, 0, 6},
	}
)

// sequences are the captures, in an order in which each request makes sense.
var sequences = []struct {
	name  string
	steps []step
}{
	{"a job from start to stop", []step{
		{"start_ok", func(t *testing.T, w *world) {
			t.Helper()
			w.clock.set(plainJob.submitted)
			w.fill(t, plainJob.items, 0, 0)
		}},
		{"start_duplicate", nil},
		{"report_running", nil},
		{"report_finished", func(t *testing.T, w *world) { t.Helper(); w.play(t, plainJob, plainTimeline) }},
		{"stop_ok", clockAt("05:41:22")},
		{"report_after_stop", nil},
	}},
	{"a job with a detailed report", []step{
		{"start_detailed_ok", func(t *testing.T, w *world) {
			t.Helper()
			w.clock.set(detailedJob.submitted)
			w.fill(t, detailedJob.items, 0, 0)
		}},
		{"report_detailed_running", func(t *testing.T, w *world) { t.Helper(); w.play(t, detailedJob, detailedTimeline[:1]) }},
		{"report_detailed_finished", func(t *testing.T, w *world) { t.Helper(); w.play(t, detailedJob, detailedTimeline[1:]) }},
		{"report_finished_detailed_job", nil},
	}},
	{"a path that ends in .json", []step{{"start_json_suffix", clockAt("05:41:22.9")}, {"stop_json_suffix", nil}}},
	{"an unknown job", []step{
		{"report_unknown", clockAt("05:41:07")}, {"stop_unknown", nil}, {"stop_no_content_length", nil},
	}},
	{"a start without a content type", []step{{"start_content_type_absent", clockAt("05:41:22.9")}}},
	{"starts that are refused", []step{
		{"start_empty_body", clockAt("05:41:22.9")},
		{"start_invalid_json", nil},
		{"start_missing_expected_time", nil},
		{"start_missing_plugin", nil},
		{"start_pid_heuristic_null", nil},
		{"start_submission_time_no_fraction", nil},
		{"start_wrong_type_number_of_jobs_str", nil},
		{"start_wrong_type_redis_ip_int", nil},
	}},
	{"an installation", []step{{"plugins_manager_ok", nil}}},
}

// TestCaptures replays what Asperathos' Manager sent to the original Monitor and
// compares the answers with those of the original.
func TestCaptures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, sequence := range sequences { // not parallel: they share a clock and lists
		t.Run(sequence.name, func(t *testing.T) {
			for _, s := range sequence.steps {
				if s.before != nil {
					s.before(t, w)
				}
				got := w.exchange(t, w.address(load(t, asperathosFolder, s.capture+".request")))
				compare(t, s.capture, got)
			}
		})
	}
}

// TestCapturesAreComplete checks that each capture is replayed once, and that each
// exception is about one that is.
func TestCapturesAreComplete(t *testing.T) {
	t.Parallel()
	replayed := map[string]bool{}
	for _, sequence := range sequences {
		for _, s := range sequence.steps {
			if replayed[s.capture] {
				t.Errorf("%s is replayed twice", s.capture)
			}
			replayed[s.capture] = true
		}
	}
	steps := slices.Sorted(maps.Keys(replayed))
	for _, suffix := range []string{".request", ".response"} {
		if diff := cmp.Diff(names(t, asperathosFolder, suffix), steps); diff != "" {
			t.Errorf("the files *%s are not the replayed captures (-files +replayed):\n%s", suffix, diff)
		}
	}
	seen := map[[2]string]bool{}
	for _, e := range exceptions {
		switch key := [2]string{e.capture, e.part}; {
		case !replayed[e.capture]:
			t.Errorf("exception for %s, which is not replayed", e.capture)
		case seen[key]:
			t.Errorf("two exceptions for %s of %s", e.part, e.capture)
		case e.reason == "":
			t.Errorf("exception for %s of %s without a reason", e.part, e.capture)
		default:
			seen[key] = true
		}
	}
}

// compare compares an answer with that of the original, part by part. A part that
// differs needs an exception, and an exception must be needed.
func compare(t *testing.T, capture string, got answer) {
	t.Helper()
	original := captured(t, capture)
	wants, gots := parts(t, original), parts(t, got)
	if strings.HasPrefix(capture, "report_") && original.status == http.StatusOK {
		if !strings.HasPrefix(capture, "report_detailed") {
			report, _ := gots[partBody].(map[string]any)
			gots[partBody] = withoutEnding(t, report)
		}
		wants[partBody], gots[partBody] = shape(wants[partBody]), shape(gots[partBody])
	}
	exceptions := exceptionsOf(capture)
	for _, part := range []string{partStatus, partType, partBody, partMessage} {
		diff := cmp.Diff(wants[part], gots[part])
		e, excepted := exceptions[part]
		switch {
		case !excepted && diff != "":
			t.Errorf("%s: %s differs from the original's (-want +got):\n%s", capture, part, diff)
		case excepted && diff == "":
			t.Errorf("%s: %s equals that of the original, %v: remove the exception", capture, part, gots[part])
		case excepted:
			if err := e.check(gots[part]); err != nil {
				t.Errorf("%s: %s, which may differ (%s): %v", capture, part, e.reason, err)
			}
		}
	}
}

func (e exception) check(got any) error {
	if name, ok := e.want.(naming); ok {
		if text, _ := got.(string); text == "" || !strings.Contains(text, string(name)) {
			return fmt.Errorf("got %q, want a text with %q", got, string(name))
		}
		return nil
	}
	if want, ok := e.want.(members); ok {
		object, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("got %v, want an object", got)
		}
		for name, value := range want {
			if diff := cmp.Diff(value, object[name]); diff != "" {
				return fmt.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		return nil
	}
	if diff := cmp.Diff(e.want, got); diff != "" {
		return fmt.Errorf("(-want +got):\n%s", diff)
	}
	return nil
}

// parts returns the parts of an answer that are compared.
func parts(t *testing.T, a answer) map[string]any {
	t.Helper()
	body, err := a.decode()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]any{partStatus: a.status, partType: a.header.Get("Content-Type"), partBody: body, partMessage: nil}
	if object, ok := body.(map[string]any); ok {
		found[partMessage] = object["error_message"]
		delete(object, "error_message")
	}
	return found
}

// captured returns the answer of the original.
func captured(t *testing.T, capture string) answer {
	t.Helper()
	text := load(t, asperathosFolder, capture+".response")
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(text)), nil)
	if err != nil {
		t.Fatalf("%s: %v", capture, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s: %v", capture, err)
	}
	return answer{status: response.StatusCode, header: response.Header, body: body}
}

// TestStopWithoutContentLength sends the captured stop to a living job.
func TestStopWithoutContentLength(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.start(t, job{id: "kj-e5", items: 6, budget: time.Minute, submitted: noon}, moment{waiting: 6})
	got := w.exchange(t, w.address(load(t, asperathosFolder, "stop_no_content_length.request")))
	if got.status != http.StatusNoContent {
		t.Errorf("got status %d, want 204; body %s", got.status, got.body)
	}
	if got := w.call(t, "GET", "/monitoring/kj-e5/report", ""); got.status != http.StatusBadRequest {
		t.Errorf("report after it: got status %d, want 400; body %s", got.status, got.body)
	}
}
