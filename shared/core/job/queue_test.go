package job_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
)

// What is stored of a queue is what earlier versions store if it is the usual one.
func TestStoredQueue(t *testing.T) {
	t.Parallel()
	at := job.Address{Host: "redis", Port: 6379}
	tests := map[string]struct {
		stored string
		want   job.Queue
		text   string
		names  [3]string
	}{
		"of an earlier version": {
			`{"host":"redis","port":6379}`, job.Queue{Address: at}, "redis:6379", [3]string{"job", "job:processing", "job:results"},
		},
		"a database": {
			`{"host":"redis","port":6379,"database":3}`,
			job.Queue{Address: at, Database: 3},
			"redis:6379/3",
			[3]string{"job", "job:processing", "job:results"},
		},
		"a list": {
			`{"host":"redis","port":6379,"lists":{"processing":"p"}}`,
			job.Queue{Address: at, Lists: job.Lists{Processing: "p"}},
			"redis:6379",
			[3]string{"job", "p", "job:results"},
		},
		"everything": {
			`{"host":"fd00::1","port":1,"database":2147483647,"lists":{"pending":"a","processing":"b","results":"c"}}`,
			job.Queue{
				Address: job.Address{Host: "fd00::1", Port: 1}, Database: 2147483647,
				Lists: job.Lists{Pending: "a", Processing: "b", Results: "c"},
			},
			"[fd00::1]:1/2147483647",
			[3]string{"a", "b", "c"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var spec job.Spec
			if err := json.Unmarshal([]byte(`{"id":"a","queue":`+tt.stored+`}`), &spec); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, spec.Queue); diff != "" {
				t.Errorf("queue (-want +got):\n%s", diff)
			}
			if stored, err := json.Marshal(spec.Queue); err != nil || string(stored) != tt.stored {
				t.Errorf("stored as %s, %v, want %s", stored, err, tt.stored)
			}
			if got := spec.Queue.String(); got != tt.text {
				t.Errorf("String() = %q, want %q", got, tt.text)
			}
			if got := spec.Queue.Lists.Names(); got != tt.names {
				t.Errorf("Names() = %q, want %q", got, tt.names)
			}
		})
	}
}
