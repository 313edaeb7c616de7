package stream_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/stream"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

func TestResume(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		query, header string
		want          *monitor.Seen
	}{
		"nothing":          {"", "", nil},
		"an empty query":   {"?last_event_id=", "", nil},
		"by the header":    {"", "1795500382418", &monitor.Seen{At: 1795500382418}},
		"by the query":     {"?last_event_id=1795500382418", "", &monitor.Seen{At: 1795500382418}},
		"by both":          {"?last_event_id=1", "2", &monitor.Seen{At: 2}},
		"with a phase":     {"", "2.pending", &monitor.Seen{At: 2}},
		"from the start":   {"?last_event_id=0", "", &monitor.Seen{}},
		"the largest time": {"", "9223372036854775807", &monitor.Seen{At: 9223372036854775807}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			follow := func(_ context.Context, id job.ID, seen *monitor.Seen) (monitor.News, error) {
				if id != "a" || !cmp.Equal(tt.want, seen, cmp.AllowUnexported(monitor.Seen{})) {
					t.Errorf("followed %q from %+v, want a from %+v", id, seen, tt.want)
				}
				return monitor.News{}, monitor.ErrUnknownJob
			}
			get(t, stream.New(follower(follow), quick(), quiet()), tt.query, tt.header)
		})
	}
}
