package contract_test

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// nearly compares numbers to the last digits.
var nearly = cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-9 })

// historyMax is how many samples a detailed report holds at most, besides the
// three that the report names.
const historyMax = 900

const second = time.Second

// aLife is a job and what its lists held; it ends when both are empty.
type aLife struct {
	job      job
	timeline []moment
}

func reportedLives() map[string]aLife {
	minute := job{id: "minute", items: 6, budget: time.Minute, submitted: noon}
	with := func(items int, budget time.Duration) job {
		return job{id: "other", items: items, budget: budget, submitted: noon}
	}
	const tenth = 100 * time.Millisecond
	return map[string]aLife{
		"as captured":              {life, lived},
		"as captured with details": {detail, detailed},
		"over at the first tick":   {minute, []moment{{2 * second, 0, 0, 6}}},
		"late from the start to the end": {
			with(6, second), []moment{{2 * second, 6, 0, 0}, {4 * second, 0, 2, 4}, {6 * second, 0, 0, 6}},
		},
		"the highest error comes first": {
			with(6, 10*second), []moment{{2 * second, 0, 1, 5}, {9 * second, 0, 1, 5}, {20 * second, 0, 0, 6}},
		},
		"workers give items back": {
			minute, []moment{{2 * second, 0, 3, 3}, {4 * second, 6, 0, 3}, {6 * second, 0, 2, 4}, {8 * second, 0, 0, 6}},
		},
		"more items than said": {
			minute, []moment{{2 * second, 20, 3, 0}, {4 * second, 0, 3, 9}, {6 * second, 0, 0, 12}},
		},
		"lists that are filled late": {
			minute, []moment{{2 * second, 0, 0, 0}, {4 * second, 6, 0, 0}, {6 * second, 0, 0, 6}},
		},
		"the second day": {
			with(6, 48*time.Hour), []moment{{2 * second, 6, 0, 0}, {25 * time.Hour, 0, 3, 3}, {26 * time.Hour, 0, 0, 6}},
		},
		"equal errors, of which the first counts": {
			with(4, 40*second), []moment{{10 * second, 2, 1, 1}, {20 * second, 1, 1, 2}, {30 * second, 0, 1, 3}, {40 * second, 0, 0, 4}},
		},
		"two samples in a second": {
			minute, []moment{{2 * second, 3, 3, 0}, {2*second + tenth, 0, 1, 5}, {4 * second, 0, 0, 6}},
		},
		"the lowest error is replaced": {
			minute, []moment{{2 * second, 0, 3, 3}, {4 * second, 6, 0, 0}, {4*second + tenth, 0, 3, 3}, {6 * second, 0, 0, 6}},
		},
		"the highest error is replaced": {
			minute, []moment{{2 * second, 3, 3, 0}, {4 * second, 0, 1, 5}, {4*second + tenth, 3, 3, 0}, {50 * second, 0, 0, 6}},
		},
		"the end is in the second before it": {
			minute, []moment{{2 * second, 3, 3, 0}, {4 * second, 0, 1, 5}, {4*second + tenth, 0, 0, 6}},
		},
	}
}

// TestReports checks the reports' values against the arithmetic, and the rules
// that tie the two reports together.
func TestReports(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"TICK_SPACING": "0"})
	for name, l := range reportedLives() {
		t.Run(name, func(t *testing.T) { // one after the other: they share a clock and lists
			w.start(t, l.job, l.timeline[0])
			w.play(t, l.job, l.timeline)
			checkReports(t, w, l.job, l.timeline)
		})
	}
}

// TestReportsOfALongJob has more samples than are kept; the extremes are among
// those that are not.
func TestReportsOfALongJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	j := job{id: "long", items: 10, budget: time.Hour, submitted: noon.Add(390 * time.Millisecond)}
	const published = 1024 // the newest, for the Controller
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
		t.Errorf("the metrics list holds %d samples after %d, want the newest %d", got, samples, published)
	}
}

// checkReports reads both reports of a job that has lived through a timeline.
func checkReports(t *testing.T, w *world, j job, timeline []moment) {
	t.Helper()
	report := w.call(t, "GET", "/monitoring/"+j.id+"/report", "")
	details := w.call(t, "GET", "/monitoring/"+j.id+"/report/detailed", "")
	if report.status != http.StatusOK || details.status != http.StatusOK {
		t.Fatalf("got status %d and %d, want 200; bodies %s %s", report.status, details.status, report.body, details.body)
	}
	got, gotDetails := report.object(t), details.object(t)
	points := j.points(timeline)
	if diff := cmp.Diff(wantReport(points), got, nearly); diff != "" {
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
	checkTies(t, got, gotDetails)
}

// checkTies checks what each report says of the other: an extreme's second is
// in the detailed report with the very same error, and nothing is later than
// the final one.
func checkTies(t *testing.T, report, details map[string]any) {
	t.Helper()
	for _, key := range []string{"max_error", "min_error", "final_error"} {
		pair, ok := report[key].([]any)
		if !ok || len(pair) != 2 {
			t.Fatalf("got %s %v, want a pair", key, report[key])
		}
		at, _ := pair[1].(string)
		detail, ok := details[at].(map[string]any)
		if !ok {
			t.Errorf("%s is of %s, which is no key of the detailed report", key, at)
			continue
		}
		if detail["error"] != pair[0] {
			t.Errorf("%s is %v, the detailed report's error of %s is %v", key, pair[0], at, detail["error"])
		}
	}
	final, _ := report["final_error"].([]any)[1].(string)
	for at := range details {
		if at > final {
			t.Errorf("the detailed report has %s, later than the final error's %s", at, final)
		}
	}
}

// common is what of want has a key in got.
func common(want, got map[string]any) map[string]any {
	found := map[string]any{}
	for key := range got {
		if value, ok := want[key]; ok {
			found[key] = value
		}
	}
	return found
}

// bySecond is the last point of each second, in order.
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

// wantReport is the report that the arithmetic gives: extremes over the last
// sample of each second, the first of equals.
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

func wantDetails(points []point) map[string]any {
	details := map[string]any{}
	for _, p := range points {
		details[p.second()] = map[string]any{
			"error": p.error, "job_progress": p.share, "time_progress": p.time, "replicas": float64(p.replicas),
		}
	}
	return details
}
