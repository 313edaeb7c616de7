package publishers_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions"
	"kubejobs/shared/drivers/publish"
	"kubejobs/shared/testkit/influxtest"
	"kubejobs/tests/world"
)

// patient opens a world in which a circuit that opens stays open.
func patient(t *testing.T, settings map[string]string) *world.World {
	t.Helper()
	return world.Open(t, settings, world.Options{
		Functions: functions.Options{Publish: publish.Options{Rest: time.Hour}},
	})
}

// A measurement that another writer made of another type is refused and named; the
// points of the others arrive each period, for each job.
func TestMeasurementOfAnotherType(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ before, refused string }{
		"an integer that was a float": {"job_parallelism value=3", "job_parallelism"},
		"a float that was an integer": {"job_progress value=3i", "job_progress"},
		"a float that was a text":     {`time_progress value="late"`, "time_progress"},
		"a float that was a boolean":  {"application_progress_error value=true", "application_progress_error"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := influxtest.Start(t)
			server.CreateDatabase("asperathos")
			response, err := http.Post(server.URL()+"/write?db=asperathos", "text/plain", strings.NewReader(tt.before))
			if err != nil || response.Body.Close() != nil || response.StatusCode != http.StatusNoContent {
				t.Fatalf("write %s: %v, %v", tt.before, response, err)
			}
			w := patient(t, map[string]string{"INFLUX_URL": server.URL()})
			w.Fill(6, 0, 0)
			start(w, "a", "")
			start(w, "b", "")
			run(w, "a", 1, 10)
			run(w, "b", 1, 10)
			want := each(10)
			want[tt.refused] = "0"
			for _, id := range []string{"a", "b"} {
				if diff := cmp.Diff(want, stored(server, "asperathos", id)); diff != "" {
					t.Errorf("points of %s (-want +got):\n%s", id, diff)
				}
				if p := w.Status(id).Publishers["influxdb"]; !p.Failing || !strings.Contains(p.LastError, tt.refused) {
					t.Errorf("publisher of %s is %+v, want failing with an error that names %s", id, p, tt.refused)
				}
				if got := w.Published(id); got != 10 {
					t.Errorf("%d samples of %s in the Controller's list, want 10", got, id)
				}
			}
		})
	}
}

// A sink that refuses one job's events, or one type of event, gets every other event.
func TestSinkThatRefusesSome(t *testing.T) {
	t.Parallel()
	const sampleType = "dev.kubejobs.job.sample"
	tests := map[string]struct {
		refuse func(http.Header) bool
		status int
		want   map[string]int // samples taken, by job
	}{
		"a job": {
			func(h http.Header) bool { return h.Get("Ce-Subject") == "a" }, http.StatusForbidden, map[string]int{"b": 10},
		},
		"the first event of each job": {
			func(h http.Header) bool { return h.Get("Ce-Type") == "dev.kubejobs.job.started" }, http.StatusBadRequest,
			map[string]int{"a": 10, "b": 10},
		},
		"samples": {func(h http.Header) bool { return h.Get("Ce-Type") == sampleType }, http.StatusUnprocessableEntity, map[string]int{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			samples, others := map[string]int{}, map[string]int{}
			sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				id := r.Header.Get("Ce-Subject")
				switch {
				case tt.refuse(r.Header):
					w.WriteHeader(tt.status)
				case r.Header.Get("Ce-Type") == sampleType:
					samples[id]++
				default:
					others[id]++
				}
			}))
			t.Cleanup(sink.Close)
			w := patient(t, map[string]string{"EVENTS_SINK": sink.URL})
			w.Fill(6, 0, 0)
			start(w, "a", "")
			start(w, "b", "")
			for i := 1; i <= 10; i++ {
				run(w, "a", i, i)
				run(w, "b", i, i)
			}
			if diff := cmp.Diff(tt.want, samples); diff != "" {
				t.Errorf("samples that the sink took (-want +got):\n%s", diff)
			}
			for _, id := range []string{"a", "b"} {
				if got := w.Status(id).Unsent; got != 0 {
					t.Errorf("%d events of %s wait, want none", got, id)
				}
			}
			if name != "the first event of each job" && others["b"] != 1 {
				t.Errorf("%d other events of b, want that it started", others["b"])
			}
			failing := name != "the first event of each job" // later ones were taken
			if p := w.Status("a").Publishers["cloudevents"]; p.Failing != failing || !strings.Contains(p.LastError, "refused") {
				t.Errorf("publisher of a is %+v, want failing %t with the refusal", p, failing)
			}
		})
	}
}
