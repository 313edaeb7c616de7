package integration_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// What makes the figures of a job misleading is said in words, in the status and by
// watch.
func TestMisleadingFigures(t *testing.T) {
	t.Parallel()
	const late, more = "the deadline passed ", "the queue holds 4 items, more than the number_of_jobs, 2"
	state := redistest.StartState(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "TICK_SINK="+blackHole(t))
	tests := map[string]struct {
		fields string
		before int // items at the start; there are four at the tick
		want   []string
	}{
		"sound":                    {`"number_of_jobs":4`, 4, nil},
		"long-past":                {`"number_of_jobs":4,"submission_time":"2020-01-01T00:00:00.000000GMT"`, 4, []string{late}},
		"more-items":               {`"number_of_jobs":2`, 4, []string{more}},
		"items-added":              {`"scaling_strategy":"default"`, 2, []string{more}},
		"more-items-and-long-past": {`"number_of_jobs":2,"submission_time":"2020-01-01T00:00:00.000000GMT"`, 4, []string{late, more}},
	}
	for id, tt := range tests {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			queue := redistest.Start(t)
			fillQueue(t, queue, tt.before)
			body := fmt.Sprintf(`{"plugin":"kubejobs","collect_period":3600,"plugin_info":{"expected_time":60,"redis_ip":"127.0.0.1","redis_port":%d,%s}}`,
				queue.Port(), tt.fields)
			if status, text, err := s.call(t.Context(), http.MethodPost, "/monitoring/"+id, []byte(body)); err != nil || status != http.StatusAccepted {
				t.Fatalf("start: %d %s %v", status, text, err)
			}
			if added := 4 - tt.before; added > 0 {
				fillQueue(t, queue, added)
			}
			if _, _, err := s.deliver(t.Context(), newTick(id)); err != nil {
				t.Fatal(err)
			}
			w := watch(t, id, s.Addr())
			proctest.Until(t, "the job is shown", func() bool { return strings.Contains(w.out.String(), id+" running") })
			got := s.status(id).Warnings
			if len(got) != len(tt.want) || strings.Count(w.out.String(), "warning: ") != len(tt.want) {
				t.Fatalf("warnings %q, want %q; watch:\n%s", got, tt.want, w.out)
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(got[i], want) || !strings.Contains(w.out.String(), "warning: "+want) {
					t.Errorf("warning %q, want %q; watch:\n%s", got[i], want, w.out)
				}
			}
		})
	}
}
