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

// TestElements pops what was published as Asperathos' Controller does, the
// newest first, and reads it as the Controller does, as a Python literal.
func TestElements(t *testing.T) {
	t.Parallel()
	with := func(id string, budget time.Duration) job {
		return job{id: id, items: 6, budget: budget, submitted: noon}
	}
	lives := map[string]aLife{
		"as captured":                {life, lived},
		"exponents of less than one": {with("kj-exponent", 3e7*second), []moment{{2 * second, 6, 0, 0}, {4 * second, 6, 0, 0}}},
		"exponents of more than one": {with("kj-late", time.Microsecond), []moment{{2 * second, 6, 0, 0}, {24 * time.Hour, 0, 3, 3}}},
		"an honest 0":                {with("kj-zero", time.Minute), []moment{{0, 6, 0, 0}, {30 * second, 3, 0, 3}}},
		"the second day":             {with("kj-elapsed-25h", 48*time.Hour), []moment{{25 * time.Hour, 6, 0, 0}, {26 * time.Hour, 0, 0, 6}}},
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
	for name, l := range lives {
		t.Run(name, func(t *testing.T) { // one after the other: they share a clock and lists
			w.start(t, l.job, l.timeline[0])
			w.play(t, l.job, l.timeline)
			elements := w.pop(t, l.job.id)
			checkElements(t, l.job, l.timeline, elements)
			w.checkLast(t, l.job.id, elements[len(elements)-1])
		})
	}
}

// pop takes the samples of a job from its list, and gives them oldest first.
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

// checkElements compares published samples with the arithmetic.
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
			t.Errorf("timestamp %d is not newer than the one before, %d", timestamp, last)
		}
		// A timestamp that does not rise is raised by a millisecond.
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

// checkLast compares the last sample that the status shows with the one that
// was published.
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
		t.Errorf("the status shows the timestamp %d, published was %v", status.Last.Timestamp, published)
	}
}

// sampleOf reads a sample; a whole number as its value is made the float that
// Python compares it with.
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

// TestElementsAreAsTheOriginals compares a sample's keys and kinds with those
// that the original Monitor published.
func TestElementsAreAsTheOriginals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.start(t, life, lived[0])
	w.play(t, life, lived[:1])
	ours := w.pop(t, life.id)
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
			t.Errorf("line %d of samples.txt is of %v, ours is %s", i+1, name, ours[0])
		}
	}
	if len(originals) < 20 {
		t.Errorf("samples.txt has %d lines, want all that were captured", len(originals))
	}
}

// TestTimestampsRiseOverLives stops a job and starts it again, at one instant:
// the Controller would drop a sample that is not newer than the last.
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
