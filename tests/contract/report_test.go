package contract_test

import (
	"maps"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// nearly compares numbers with a tolerance of 1e-9.
var nearly = cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-9 })

// historyMax is the maximum number of samples in a detailed report, without the three
// that the report names.
const historyMax = 900

const second = time.Second

// jobRun is a job and what its lists hold. It ends when both are empty.
type jobRun struct {
	job      job
	timeline []moment
}

func reportedRuns() map[string]jobRun {
	minute := job{id: "minute", items: 6, budget: time.Minute, submitted: noon}
	with := func(items int, budget time.Duration) job {
		return job{id: "other", items: items, budget: budget, submitted: noon}
	}
	const tenth = 100 * time.Millisecond
	return map[string]jobRun{
		"as captured":                {plainJob, plainTimeline},
		"as captured with details":   {detailedJob, detailedTimeline},
		"finished at the first tick": {minute, []moment{{2 * second, 0, 0, 6}}},
		"late from the start to the end": {
			with(6, second), []moment{{2 * second, 6, 0, 0}, {4 * second, 0, 2, 4}, {6 * second, 0, 0, 6}},
		},
		"the highest error comes first": {
			with(6, 10*second), []moment{{2 * second, 0, 1, 5}, {9 * second, 0, 1, 5}, {20 * second, 0, 0, 6}},
		},
		"workers give items back": {
			minute, []moment{{2 * second, 0, 3, 3}, {4 * second, 6, 0, 3}, {6 * second, 0, 2, 4}, {8 * second, 0, 0, 6}},
		},
		"more items than requested": {
			minute, []moment{{2 * second, 20, 3, 0}, {4 * second, 0, 3, 9}, {6 * second, 0, 0, 12}},
		},
		"lists filled after the start": {
			minute, []moment{{2 * second, 0, 0, 0}, {4 * second, 6, 0, 0}, {6 * second, 0, 0, 6}},
		},
		"more than 24 hours": {
			with(6, 48*time.Hour), []moment{{2 * second, 6, 0, 0}, {25 * time.Hour, 0, 3, 3}, {26 * time.Hour, 0, 0, 6}},
		},
		"equal errors: the first one counts": {
			with(4, 40*second), []moment{{10 * second, 2, 1, 1}, {20 * second, 1, 1, 2}, {30 * second, 0, 1, 3}, {40 * second, 0, 0, 4}},
		},
		"two samples in the same second": {
			minute, []moment{{2 * second, 3, 3, 0}, {2*second + tenth, 0, 1, 5}, {4 * second, 0, 0, 6}},
		},
		"the lowest error is replaced": {
			minute, []moment{{2 * second, 0, 3, 3}, {4 * second, 6, 0, 0}, {4*second + tenth, 0, 3, 3}, {6 * second, 0, 0, 6}},
		},
		"the highest error is replaced": {
			minute, []moment{{2 * second, 3, 3, 0}, {4 * second, 0, 1, 5}, {4*second + tenth, 3, 3, 0}, {50 * second, 0, 0, 6}},
		},
		"the end is in the same second as a sample": {
			minute, []moment{{2 * second, 3, 3, 0}, {4 * second, 0, 1, 5}, {4*second + tenth, 0, 0, 6}},
		},
	}
}

// TestReports compares both reports with the expected arithmetic and with each other.
func TestReports(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"TICK_SPACING": "0"})
	for name, r := range reportedRuns() {
		t.Run(name, func(t *testing.T) { // not parallel: they share a clock and lists
			w.start(t, r.job, r.timeline[0])
			w.play(t, r.job, r.timeline)
			checkReports(t, w, r.job, r.timeline)
		})
	}
}

// TestReportsOfALongJob takes more samples than are kept. The extremes are among those
// that the history drops.
func TestReportsOfALongJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	j := job{id: "long", items: 10, budget: time.Hour, submitted: noon.Add(390 * time.Millisecond)}
	const published = 1024 // the newest ones, in the sample list
	const samples = published + 100
	timeline := make([]moment, samples)
	for i := range timeline {
		timeline[i] = moment{time.Duration(i+1) * 2 * second, 3, 2, 5}
	}
	timeline[333] = moment{timeline[333].after, 0, 1, 9} // highest: an odd number is dropped when the history is halved
	timeline[777] = moment{timeline[777].after, 9, 1, 0} // lowest
	timeline[samples-1] = moment{timeline[samples-1].after, 0, 0, 10}
	w.start(t, j, timeline[0])
	w.play(t, j, timeline)
	checkReports(t, w, j, timeline)
	if got := w.queue.LLen(t.Context(), "long:metrics").Val(); got != published {
		t.Errorf("the sample list holds %d samples after %d, want the newest %d", got, samples, published)
	}
}

// checkReports checks both reports of a job whose timeline has been played.
func checkReports(t *testing.T, w *world, j job, timeline []moment) {
	t.Helper()
	report := w.call(t, "GET", "/monitoring/"+j.id+"/report", "")
	details := w.call(t, "GET", "/monitoring/"+j.id+"/report/detailed", "")
	if report.status != http.StatusOK || details.status != http.StatusOK {
		t.Fatalf("got status %d and %d, want 200; bodies %s %s", report.status, details.status, report.body, details.body)
	}
	got, gotDetails := report.object(t), details.object(t)
	points := j.points(timeline)
	if diff := cmp.Diff(wantReport(points), withoutEnding(t, got), nearly); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	want := wantDetails(points)
	if len(timeline) > historyMax {
		want = common(want, gotDetails)
		if len(gotDetails) < historyMax/2 || len(gotDetails) > historyMax+3 {
			t.Errorf("detailed report has %d points, want %d to %d", len(gotDetails), historyMax/2, historyMax+3)
		}
	}
	if diff := cmp.Diff(want, gotDetails, nearly); diff != "" {
		t.Errorf("detailed report (-want +got):\n%s", diff)
	}
	checkConsistency(t, got, gotDetails)
}

// checkConsistency compares the two reports: the second of each extreme is in the
// detailed report with the same error, and nothing there is later than the final
// error.
func checkConsistency(t *testing.T, report, details map[string]any) {
	t.Helper()
	for _, key := range []string{"max_error", "min_error", "final_error"} {
		pair, ok := report[key].([]any)
		if !ok || len(pair) != 2 {
			t.Fatalf("got %s %v, want a pair", key, report[key])
		}
		at, _ := pair[1].(string)
		detail, ok := details[at].(map[string]any)
		if !ok {
			t.Errorf("%s is at %s, which is not a key of the detailed report", key, at)
			continue
		}
		if detail["error"] != pair[0] {
			t.Errorf("%s is %v, the error of the detailed report at %s is %v", key, pair[0], at, detail["error"])
		}
	}
	final, _ := report["final_error"].([]any)[1].(string)
	for at := range details {
		if at > final {
			t.Errorf("the detailed report has %s, which is later than the final error at %s", at, final)
		}
	}
}

// common returns the entries of want whose keys are in got.
func common(want, got map[string]any) map[string]any {
	found := map[string]any{}
	for key := range got {
		if value, ok := want[key]; ok {
			found[key] = value
		}
	}
	return found
}

// bySecond returns the last point of each second, in order.
func bySecond(points []point) []point {
	var last []point
	for i, p := range points {
		if i+1 == len(points) || points[i+1].second() != p.second() {
			last = append(last, p)
		}
	}
	return last
}

func (p point) second() string { return p.at.Format("2006-01-02T15:04:05Z") }

func (p point) timed() []any { return []any{p.error, p.second()} }

// wantReport returns the expected report. Its extremes are those of the last samples
// of each second; of equal ones, the first counts.
func wantReport(points []point) map[string]any {
	seconds := bySecond(points)
	high, low, replicas := seconds[0], seconds[0], 0
	for _, p := range seconds {
		if p.error > high.error {
			high = p
		}
		if p.error < low.error {
			low = p
		}
	}
	end := points[len(points)-1].at
	for i := len(points) - 1; i >= 0; i-- {
		if points[i].share >= 1 {
			end = points[i].at
		}
		if replicas == 0 {
			replicas = points[i].replicas
		}
	}
	return map[string]any{
		"execution_time": math.Floor(end.Sub(points[0].at).Seconds()), "final_replicas": float64(replicas),
		"max_error": high.timed(), "min_error": low.timed(), "final_error": seconds[len(seconds)-1].timed(),
		"scaling_strategy": "default", "heuristic_options": nil,
	}
}

// ending holds the members of a report that the original does not have, with a value
// of each one's kind.
var ending = map[string]any{
	"phase": "finished", "reason": "", "deadline_met": true, "late": true, "spare_seconds": 1.0,
}

// withoutEnding returns a report without the members of ending. Each must be there,
// and of its kind.
func withoutEnding(t *testing.T, report map[string]any) map[string]any {
	t.Helper()
	original := maps.Clone(report)
	for name, kind := range ending {
		if value, ok := report[name]; !ok || shape(value) != shape(kind) {
			t.Errorf("got %s %v in a report, want %v", name, value, shape(kind))
		}
		delete(original, name)
	}
	if outcome, ok := report["outcome"].(map[string]any); !ok || outcome["deadline_met"] != report["deadline_met"] {
		t.Errorf("got outcome %v in a report, want an object with its verdict", report["outcome"])
	}
	delete(original, "outcome")
	return original
}

func wantDetails(points []point) map[string]any {
	details := map[string]any{}
	for _, p := range points {
		details[p.second()] = map[string]any{
			"error": p.error, "job_progress": p.share, "time_progress": p.time, "replicas": float64(p.replicas),
		}
	}
	return details
}
