package workqueue_test

import (
	"strings"
	"sync"
	"testing"

	"kubejobs/shared/core/job"
)

// Many queues of one Redis are read in full requests: each gets its own lengths, or the
// refusal that it gets alone, whatever the answers to the others are.
func TestManyCountsAtOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		rules []string
		want  string // in the error; "" for none
	}{
		"allowed":               {nil, ""},
		"no lengths":            {[]string{"-llen"}, "no permission"},
		"no transaction either": {[]string{"-multi", "-exec", "-llen"}, "no permission"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := filled(t)
			restrict(t, s, tt.rules...)
			q := newQueue(t, nil)
			_, _ = q.Count(t.Context(), usual(s.Address())) // it connects
			s.Pause()
			var all sync.WaitGroup
			for range 200 {
				all.Go(func() {
					got, err := q.Count(t.Context(), usual(s.Address()))
					if tt.want == "" && (err != nil || got != (job.QueueCount{Queued: 1, InFlight: 2, Results: 3})) {
						t.Errorf("Count = %+v, %v, want 1, 2 and 3 items", got, err)
					}
					if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
						t.Errorf("Count = %v, want %q", err, tt.want)
					}
				})
			}
			s.Resume()
			all.Wait()
		})
	}
}
