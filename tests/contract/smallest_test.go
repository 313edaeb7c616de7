package contract_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// smallest is the smallest request in the documentation of the plugin.
const smallest = `{"plugin":"kubejobs","plugin_info":{"expected_time":40}}`

// newEmbedded returns a world without a redis-server: the state and the jobs' lists
// are in the embedded Redis.
func newEmbedded(t *testing.T, settings map[string]string) *world {
	t.Helper()
	w := open(t, settings)
	if w.set.EmbeddedRedis() == "" {
		t.Fatal("no embedded Redis, want one if STATE_REDIS_URL is not set")
	}
	w.queue = redis.NewClient(&redis.Options{Addr: w.set.EmbeddedRedis()})
	t.Cleanup(func() { _ = w.queue.Close() })
	return w
}

func TestSmallestRequest(t *testing.T) {
	t.Parallel()
	w := newEmbedded(t, nil)
	w.fill(t, 5, 2, 0)
	if got := w.call(t, http.MethodPost, "/monitoring/demo", smallest); got.status != http.StatusAccepted {
		t.Fatalf("got status %d, want 202; body %s", got.status, got.body)
	}
	status := w.call(t, http.MethodGet, "/monitoring/demo", "").object(t)
	for field, want := range map[string]any{
		"number_of_jobs": 7.0, "expected_time": 40.0, "scaling_strategy": "default",
		"submission_time": noon.Format(time.RFC3339), "queue": w.set.EmbeddedRedis(),
	} {
		if status[field] != want {
			t.Errorf("got %s %v, want %v", field, status[field], want)
		}
	}
	// The program has counted seven items and set the submission time to now.
	j := job{id: "demo", items: 7, budget: 40 * time.Second, submitted: noon}
	timeline := []moment{{2 * time.Second, 5, 2, 0}, {4 * time.Second, 1, 2, 4}, {6 * time.Second, 0, 0, 7}}
	w.play(t, j, timeline)
	checkElements(t, j, timeline, w.pop(t, "demo"))
	checkReports(t, w, j, timeline)
}

func TestInvalidOrMissingFields(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body    string
		waiting int
		fields  []string
	}{
		"empty lists": {smallest, 0, []string{"plugin_info.number_of_jobs"}},
		"zero items":  {`{"plugin":"kubejobs","plugin_info":{"expected_time":40,"number_of_jobs":0}}`, 3, []string{"plugin_info.number_of_jobs"}},
		"zero time":   {`{"plugin":"kubejobs","plugin_info":{"expected_time":0,"number_of_jobs":6}}`, 3, []string{"plugin_info.expected_time"}},
		"zero items and zero time": {
			`{"plugin":"kubejobs","plugin_info":{"expected_time":0,"number_of_jobs":0}}`, 3,
			[]string{"plugin_info.expected_time", "plugin_info.number_of_jobs"},
		},
		"a negative time": {`{"plugin":"kubejobs","plugin_info":{"expected_time":-1}}`, 3, []string{"plugin_info.expected_time"}},
		"an empty object": {`{}`, 3, []string{"plugin:", "plugin_info:"}},
		"every field invalid": {
			`{"plugin":1,"collect_period":"x","plugin_info":{"expected_time":"x","number_of_jobs":1.5,"submission_time":"now",` +
				`"redis_ip":5,"redis_port":0,"scaling_strategy":{},"enable_detailed_report":"no","enable_visualizer":1,` +
				`"datasource_type":5,"database_data":[]}}`, 3,
			[]string{
				"plugin:", "collect_period", "plugin_info.expected_time", "plugin_info.number_of_jobs", "plugin_info.submission_time",
				"plugin_info.redis_ip", "plugin_info.redis_port", "plugin_info.scaling_strategy", "plugin_info.enable_detailed_report",
				"plugin_info.enable_visualizer", "plugin_info.datasource_type", "plugin_info.database_data",
			},
		},
	}
	w := newEmbedded(t, nil)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { // not parallel: they share lists
			w.fill(t, tt.waiting, 0, 0)
			got := w.call(t, http.MethodPost, "/monitoring/demo", tt.body)
			if err := got.checkRefusal(http.StatusBadRequest); err != nil {
				t.Fatal(err)
			}
			message := fmt.Sprint(got.object(t)["error_message"])
			for _, field := range tt.fields {
				if !strings.Contains(message, field) {
					t.Errorf("got error_message %q, want it to name %s", message, field)
				}
			}
			if got := w.call(t, http.MethodGet, "/monitoring/demo/report", ""); got.status != http.StatusBadRequest {
				t.Errorf("report of the refused job: got status %d, want 400", got.status)
			}
		})
	}
}
