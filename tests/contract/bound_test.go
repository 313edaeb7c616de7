package contract_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestBounds starts jobs with extreme values. Whether a job is accepted or refused,
// no later call may fail because of it, least of all the list, which other callers
// read.
func TestBounds(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ zone, fields string }{
		"the first year":                      {"UTC", `"expected_time":40,"submission_time":"0001-01-01T00:00:00.0GMT"`},
		"the year before":                     {"UTC", `"expected_time":40,"submission_time":"0000-01-01T00:00:00.0GMT"`},
		"the year before, in an eastern zone": {"Asia/Tokyo", `"expected_time":40,"submission_time":"0000-01-01T00:00:00.0GMT"`},
		"the last year":                       {"UTC", `"expected_time":40,"submission_time":"9999-01-01T00:00:00.0GMT"`},
		"a deadline after the last year":      {"UTC", `"expected_time":3153600000,"submission_time":"9999-01-01T00:00:00.0GMT"`},
		"the last second of the last year":    {"UTC", `"expected_time":1,"submission_time":"9999-12-31T23:59:59.9GMT"`},
		"its last second, in a western zone":  {"America/New_York", `"expected_time":1,"submission_time":"9999-12-31T23:59:59.9GMT"`},
		"a nanosecond":                        {"UTC", `"expected_time":1e-9`},
		"a year":                              {"UTC", `"expected_time":31536000`},
		"more than a year":                    {"UTC", `"expected_time":31536001`},
		"a century":                           {"UTC", `"expected_time":3153600000`},
		"more than a century":                 {"UTC", `"expected_time":3153600001`},
		"a nanosecond a century ago":          {"UTC", `"expected_time":1e-9,"submission_time":"1926-01-01T00:00:00.0GMT"`},
		"the most items":                      {"UTC", `"expected_time":40,"number_of_jobs":9007199254740992`},
		"one item more":                       {"UTC", `"expected_time":40,"number_of_jobs":9007199254740993`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newEmbedded(t, map[string]string{"SUBMISSION_TIMEZONE": tt.zone})
			w.fill(t, 3, 0, 0)
			start := w.call(t, http.MethodPost, "/monitoring/bound", fmt.Sprintf(`{"plugin":"kubejobs","plugin_info":{%s}}`, tt.fields))
			living, ended := []int{200, 200, 200, 202, 202}, []int{200, 200, 200, 200, 200}
			if start.status != http.StatusAccepted {
				if err := start.checkRefusal(http.StatusBadRequest); err != nil {
					t.Error(err)
				}
				living, ended = []int{200, 200, 404, 400, 400}, []int{200, 200, 404, 400, 400}
			} else if strings.Contains(tt.fields, "submission_time") {
				status := w.call(t, http.MethodGet, "/monitoring/bound", "")
				if strings.Contains(string(status.body), `"submission_time":"`+noon.Format(time.RFC3339)) {
					t.Errorf("the given submission time is ignored: %s, asked for %s", status.body, tt.fields)
				}
			}
			for i, step := range []struct {
				waiting int
				want    []int
			}{{3, living}, {1, living}, {0, ended}} {
				w.fill(t, step.waiting, 0, 0)
				w.clock.set(noon.Add(time.Duration(i+1) * 2 * second))
				if diff := cmp.Diff(step.want, w.statuses(t, "bound")); diff != "" {
					t.Errorf("status of tick %d, and then of list, job and reports (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

// statuses returns the statuses of a tick of a job, of the list and of the calls that
// read the job.
func (w *world) statuses(t *testing.T, id string) []int {
	t.Helper()
	statuses := []int{w.exchange(t, w.event(t, id)).status}
	for _, target := range []string{"/monitoring", "/monitoring/ID", "/monitoring/ID/report", "/monitoring/ID/report/detailed"} {
		statuses = append(statuses, w.call(t, http.MethodGet, strings.ReplaceAll(target, "ID", id), "").status)
	}
	return statuses
}
