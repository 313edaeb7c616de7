package publishers_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"kubejobs/shared/drivers/publish/cloudevent"
	"kubejobs/tests/world"
)

// TestEventsOfJobs runs jobs that end in different ways and checks the events that a
// receiver gets.
func TestEventsOfJobs(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	w := open(t, map[string]string{"K_SINK": "http://" + r.addr, "K_CE_OVERRIDES": `{"extensions":{"team":"batch"}}`})
	w.Fill(6, 0, 0)
	jobs := map[string]string{
		"good": "started finished",
		"slow": "started stalled recovered finished",
		"late": "started at-risk finished",
		"lost": "started failed",
		"left": "started stopped",
	}
	for id := range jobs {
		start(w, id, "")
	}
	run(w, "late", 1, 1)
	run(w, "left", 1, 1)
	if got := w.Call(http.MethodPut, "/monitoring/left/stop", ""); got.Status != http.StatusNoContent {
		t.Fatalf("stop: %d %s", got.Status, got.Body)
	}
	run(w, "slow", 1, 14) // nothing is done for longer than ten periods
	w.Fill(0, 1, 5)
	run(w, "slow", 15, 15)
	w.Fill(5, 0, 1)
	run(w, "late", 31, 35) // one item, and the deadline has passed
	w.Fill(0, 0, 6)
	for _, id := range []string{"good", "slow", "late"} {
		run(w, id, 36, 36)
	}
	w.Jobs.Set(t.Context(), "job", "no list", 0)
	run(w, "lost", 37, 39)
	for id, want := range jobs {
		if got := r.kinds(id); got != want {
			t.Errorf("%s: got %q, want %q", id, got, want)
		}
	}
	compiled := compile(t)
	ids := map[string]bool{}
	for id := range jobs {
		for i, e := range r.got(id) {
			if ids[e.ID()] || e.Extensions()["sequence"] != fmt.Sprintf("%020d", i+1) || e.Extensions()["team"] != "batch" {
				t.Errorf("%s: event %d has a wrong id, sequence or extension: %v", id, i, e)
			}
			ids[e.ID()] = true
			document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(e.Data())))
			if err != nil {
				t.Fatal(err)
			}
			if err := compiled[e.DataSchema()].Validate(document); err != nil {
				t.Errorf("%s: %v\n%s", e.ID(), err, e.Data())
			}
		}
	}
}

// compile returns the compiled schemas by their ids.
func compile(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	names, err := fs.Glob(cloudevent.Schemas, "schemas/*.json")
	if err != nil {
		t.Fatal(err)
	}
	compiled := map[string]*jsonschema.Schema{}
	for _, name := range names {
		file, err := cloudevent.Schemas.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(file)
		if err != nil {
			t.Fatal(err)
		}
		id, _ := document.(map[string]any)["$id"].(string)
		compiled[id] = nil
		if err := compiler.AddResource(id, document); err != nil {
			t.Fatal(err)
		}
	}
	for id := range compiled {
		if compiled[id], err = compiler.Compile(id); err != nil {
			t.Fatal(err)
		}
	}
	return compiled
}

// A receiver that is unreachable or overloaded costs no sample. It gets the missed job
// event later, and until then the status shows its error.
func TestReceiverOutage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		interrupt, restore func(*receiver)
		want               string
	}{
		"stopped": {func(r *receiver) { r.stop() }, func(r *receiver) { r.open() }, "does not answer"},
		"overloaded": {
			func(r *receiver) { r.answer(http.StatusServiceUnavailable) }, func(r *receiver) { r.answer(0) }, "answered 503",
		},
		"not ready": {func(r *receiver) { r.answer(http.StatusNotFound) }, func(r *receiver) { r.answer(0) }, "answered 404"},
	}
	for name, test := range tests {
		for retriedBy, retry := range map[string]func(*testing.T, *world.World){
			"the next tick": func(_ *testing.T, w *world.World) { run(w, "a", 2, 2) },
			"the sweep": func(t *testing.T, w *world.World) {
				t.Helper()
				if got := w.Call(http.MethodPost, "/sweep", ""); got.Status != http.StatusOK || !strings.Contains(got.Body, `"sent":1`) {
					t.Errorf("sweep: %d %s, want one event sent", got.Status, got.Body)
				}
			},
		} {
			t.Run(name+", retried by "+retriedBy, func(t *testing.T) {
				t.Parallel()
				r := newReceiver(t)
				w := open(t, map[string]string{"EVENTS_SINK": "http://" + r.addr, "EVENTS_SAMPLES": "false"})
				w.Fill(6, 0, 0)
				start(w, "a", "")
				test.interrupt(r)
				run(w, "a", 1, 1)
				status := w.Status("a")
				if p := status.Publishers["cloudevents"]; !p.Failing || !strings.Contains(p.LastError, test.want) || status.Unsent != 1 {
					t.Errorf("%d unsent, %+v, want 1 and an error with %q", status.Unsent, p, test.want)
				}
				if got := w.Published("a"); got != 1 {
					t.Errorf("%d samples published, want 1", got)
				}
				test.restore(r)
				retry(t, w)
				if got := r.kinds("a"); got != "started" {
					t.Errorf("got %q, want started", got)
				}
				status = w.Status("a")
				if p := status.Publishers["cloudevents"]; p.Failing || status.Unsent != 0 {
					t.Errorf("%d unsent, %+v, want 0 and no failure", status.Unsent, p)
				}
			})
		}
	}
}
