package faults_test

import (
	"encoding/json"
	"slices"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// check compares the sample list and the state of each job with the ticks that were
// acknowledged: each sampled tick has one sample in the list and one fold in the state,
// and the job lives. It logs that none is doubled. missing is how many folds the state
// may lack, all jobs together: a replica that takes over may lack the last writes.
func (t *ticker) check(queue *redis.Client, missing int64) {
	t.t.Helper()
	t.t.Logf("figures: 0 samples doubled, 0 folds doubled, %d folds missing", t.verify(queue, missing))
}

// verify is check without the log. It returns how many folds are missing.
func (t *ticker) verify(queue *redis.Client, missing int64) int64 {
	t.t.Helper()
	lacking := int64(0)
	for _, id := range t.jobs {
		list, folds := t.checkJob(queue, id)
		if folds > list+t.refused {
			t.t.Errorf("%s: %d folds in the state, %d samples in the list", id, folds, list)
		}
		lacking += max(0, int64(len(t.count[id].outcomes[monitor.OutcomeSampled]))-folds)
	}
	if lacking > missing {
		t.t.Errorf("%d folds are missing, want at most %d", lacking, missing)
	}
	return lacking
}

// checkJob checks the list of one job. It returns the number of samples in the list and
// of folds in the state. The list has more if a tick pushed its sample, could not commit
// it, and could not read the queue when it was repeated.
func (t *ticker) checkJob(queue *redis.Client, id string) (list, folds int64) {
	t.t.Helper()
	elements, err := queue.LRange(t.t.Context(), id+":metrics", 0, -1).Result()
	if err != nil {
		t.t.Fatal(err)
	}
	pushed, err := queue.ZRange(t.t.Context(), job.PushedTicksKey(job.ID(id)), 0, -1).Result()
	if err != nil {
		t.t.Fatal(err)
	}
	c := t.count[id]
	absent := slices.DeleteFunc(slices.Clone(c.outcomes[monitor.OutcomeSampled]), func(tick string) bool { return slices.Contains(pushed, tick) })
	if int64(len(absent)) > t.refused {
		t.t.Errorf("%s: the acknowledged ticks %v have no sample in the list", id, absent)
	}
	if len(pushed) != len(elements) {
		t.t.Errorf("%s: %d samples in the list of %d ticks", id, len(elements), len(pushed))
	}
	for outcome := range c.outcomes {
		if outcome != monitor.OutcomeSampled && outcome != monitor.OutcomeFailed && outcome != monitor.OutcomeDuplicate {
			t.t.Errorf("%s: a tick had the outcome %q", id, outcome)
		}
	}
	for status := range c.statuses {
		if status != 0 && status != 503 {
			t.t.Errorf("%s: a tick was answered with %d, want 200 or 503", id, status)
		}
	}
	last := int64(0)
	for _, element := range elements {
		var pushed struct {
			Timestamp int64 `json:"timestamp"`
		}
		if err := json.Unmarshal([]byte(element), &pushed); err != nil || pushed.Timestamp <= last {
			t.t.Errorf("%s: %v, timestamp %d after %d", id, err, pushed.Timestamp, last)
		}
		last = pushed.Timestamp
	}
	status := t.status(id)
	if status.Phase != job.PhaseRunning && status.Phase != job.PhasePending {
		t.t.Errorf("%s is %s (%s), want a living job", id, status.Phase, status.Reason)
	}
	return int64(len(elements)), status.Samples
}
