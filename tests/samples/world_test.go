// Package samples_test reads the samples of a job over HTTP as a caller does, while
// ticks arrive, streams end and the state Redis is unreachable.
package samples_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"kubejobs/functions"
	"kubejobs/functions/stream"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/tests/world"
)

// job is the job a, the only one in its world.
type job struct {
	*world.World
	t     *testing.T
	ticks int
}

// start starts the job, with 1,000 items. state holds arguments of the state Redis.
func start(t *testing.T, streams stream.Options, state ...string) *job {
	t.Helper()
	w := world.Open(t, map[string]string{"TICK_SPACING": "0"}, world.Options{
		State: state, Functions: functions.Options{Streams: streams},
	})
	w.Fill(1000, 0, 0)
	w.Start("a", `"expected_time":600,"number_of_jobs":1000`)
	return &job{World: w, t: t}
}

// tick advances the clock and ticks the job, with retries while the answer is 503. It
// returns the time of the sample in milliseconds.
func (j *job) tick(after time.Duration) int64 {
	j.t.Helper()
	j.Pass(after)
	j.ticks++
	proctest.Until(j.t, fmt.Sprintf("tick %d is acknowledged", j.ticks), func() bool {
		got := j.Deliver("a", fmt.Sprint("tick-", j.ticks))
		if got.Status != http.StatusOK && got.Status != http.StatusServiceUnavailable {
			j.t.Fatalf("tick %d: %d %s", j.ticks, got.Status, got.Body)
		}
		return got.Status == http.StatusOK
	})
	return j.Now().UnixMilli()
}
