package contract_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
)

// TestElements pops the sample list newest first and reads each element as a Python
// literal, as Asperathos' Controller does.
func TestElements(t *testing.T) {
	t.Parallel()
	with := func(id string, budget time.Duration) job {
		return job{id: id, items: 6, budget: budget, submitted: noon}
	}
	runs := map[string]jobRun{
		"as captured":                {plainJob, plainTimeline},
		"exponents of less than one": {with("kj-exponent", 3e7*second), []moment{{2 * second, 6, 0, 0}, {4 * second, 6, 0, 0}}},
		"exponents of more than one": {with("kj-late", time.Microsecond), []moment{{2 * second, 6, 0, 0}, {24 * time.Hour, 0, 3, 3}}},
		"an honest 0":                {with("kj-zero", time.Minute), []moment{{0, 6, 0, 0}, {30 * second, 3, 0, 3}}},
		"more than 24 hours":         {with("kj-elapsed-25h", 48*time.Hour), []moment{{25 * time.Hour, 6, 0, 0}, {26 * time.Hour, 0, 0, 6}}},
		"more queued than items":     {with("kj-more", time.Minute), []moment{{2 * second, 18, 3, 0}, {4 * second, 0, 3, 6}}},
		"a clock that stands still": {
			with("kj-still", time.Minute), []moment{{2 * second, 6, 0, 0}, {2 * second, 3, 0, 3}, {2 * second, 0, 3, 3}},
		},
		"a clock that goes back": {
			with("kj-back", time.Minute), []moment{{9 * second, 6, 0, 0}, {6 * second, 3, 0, 3}, {3 * second, 0, 3, 3}},
		},
		"the longest id": {with(strings.Repeat("x", 63), time.Minute), []moment{{2 * second, 0, 0, 6}}},
	}
	w := newWorld(t, map[string]string{"TICK_SPACING": "0"})
	for name, r := range runs {
		t.Run(name, func(t *testing.T) { // not parallel: they share a clock and lists
			w.start(t, r.job, r.timeline[0])
			w.play(t, r.job, r.timeline)
			elements := w.pop(t, r.job.id)
			checkElements(t, r.job, r.timeline, elements)
			w.checkLast(t, r.job.id, elements[len(elements)-1])
		})
	}
}

// pop removes the samples of a job from its list and returns them oldest first.
func (w *world) pop(t *testing.T, id string) []string {
	t.Helper()
	var oldestFirst []string
	for {
		text, err := w.queue.RPop(t.Context(), id+":metrics").Result()
		if errors.Is(err, redis.Nil) {
			return oldestFirst
		}
		if err != nil {
			t.Fatalf("pop: %v", err)
		}
		oldestFirst = append([]string{text}, oldestFirst...)
	}
}

// checkElements compares published samples with the expected arithmetic.
func checkElements(t *testing.T, j job, timeline []moment, elements []string) {
	t.Helper()
	points := j.points(timeline)
	if len(elements) != len(points) {
		t.Fatalf("got %d samples for %d ticks: %q", len(elements), len(points), elements)
	}
	last := int64(0)
	for i, text := range elements {
		got := sampleOf(t, text)
		timestamp, ok := got["timestamp"].(int64)
		if !ok {
			t.Fatalf("got timestamp %v of %T, want a whole number: %s", got["timestamp"], got["timestamp"], text)
		}
		if timestamp <= last {
			t.Errorf("timestamp %d is not later than the one before, %d", timestamp, last)
		}
		// A timestamp that would not rise is one millisecond after the one before.
		want := max(points[i].at.UnixMilli(), last+1)
		last = timestamp
		if diff := cmp.Diff(map[string]any{
			"name": "application_progress_error", "value": points[i].error, "timestamp": want,
			"dimensions": map[string]any{"application_id": j.id, "service": "kubejobs"},
		}, got, nearly); diff != "" {
			t.Errorf("sample %d (-want +got):\n%s", i, diff)
		}
	}
}

// checkLast compares the last sample in the status with the published one.
func (w *world) checkLast(t *testing.T, id, element string) {
	t.Helper()
	var status struct {
		Last struct{ Timestamp int64 } `json:"last_sample"`
	}
	got := w.call(t, http.MethodGet, "/monitoring/"+id, "")
	if err := json.Unmarshal(got.body, &status); err != nil {
		t.Fatalf("status: %v: %s", err, got.body)
	}
	if published := sampleOf(t, element)["timestamp"]; published != status.Last.Timestamp {
		t.Errorf("the status shows the timestamp %d, the published one is %v", status.Last.Timestamp, published)
	}
}

// sampleOf reads an element of the sample list. It converts a whole number in value
// to a float, as Python does when it compares the two.
func sampleOf(t *testing.T, text string) map[string]any {
	t.Helper()
	value, err := evaluate(text)
	if err != nil {
		t.Fatalf("the Controller cannot read %q: %v", text, err)
	}
	fields, ok := value.(map[string]any)
	if !ok {
		t.Fatalf("got %q, want a dict", text)
	}
	if whole, ok := fields["value"].(int64); ok {
		fields["value"] = float64(whole)
	}
	return fields
}

// TestElementsHaveTheOriginalShape compares the keys and the kinds of values of a
// sample with those that the original Monitor published.
func TestElementsHaveTheOriginalShape(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.start(t, plainJob, plainTimeline[0])
	w.play(t, plainJob, plainTimeline[:1])
	ours := w.pop(t, plainJob.id)
	if len(ours) != 1 {
		t.Fatalf("got samples %q, want one", ours)
	}
	got := shape(sampleOf(t, ours[0]))
	originals := strings.Split(strings.TrimSpace(string(load(t, asperathosFolder, "samples.txt"))), "\n")
	for i, line := range originals {
		original := sampleOf(t, line)
		if diff := cmp.Diff(shape(original), got); diff != "" {
			t.Errorf("sample differs from line %d of samples.txt (-original +ours):\n%s", i+1, diff)
		}
		if name := original["name"]; name != sampleOf(t, ours[0])["name"] {
			t.Errorf("line %d of samples.txt has the name %v, ours is %s", i+1, name, ours[0])
		}
	}
	if len(originals) < 20 {
		t.Errorf("samples.txt has %d lines, want all that were captured", len(originals))
	}
}

// TestTimestampsRiseOverLives stops a job and starts it again at the same instant.
// The Controller would drop a sample that is not newer than the last.
func TestTimestampsRiseOverLives(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	j := job{id: "again", items: 6, budget: time.Minute, submitted: noon}
	for range 3 {
		w.start(t, j, moment{waiting: 6})
		w.play(t, j, []moment{{2 * second, 3, 3, 0}})
		if got := w.call(t, http.MethodPut, "/monitoring/again/stop", ""); got.status != http.StatusNoContent {
			t.Fatalf("stop: got status %d, want 204; body %s", got.status, got.body)
		}
	}
	same := moment{2 * second, 3, 3, 0}
	checkElements(t, j, []moment{same, same, same}, w.pop(t, j.id))
}
