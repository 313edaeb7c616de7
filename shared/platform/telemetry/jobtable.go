package telemetry

import (
	"sync"
	"time"

	"kubejobs/shared/core/job"
)

// maxUnlisted bounds how many jobs without gauges are counted.
const maxUnlisted = 10_000

// jobTable is the jobs that this instance ticks, as of the last tick of each: a
// few of them with their figures, further ones counted. A job that is not
// ticked here for a while is forgotten.
type jobTable struct {
	limit int

	mu       sync.Mutex
	listed   map[job.ID]jobEntry
	unlisted map[job.ID]time.Time // until when they are counted
	pruned   time.Time
}

type jobEntry struct {
	figures figures
	until   time.Time
}

func newJobTable(limit int) *jobTable {
	return &jobTable{
		limit: limit, listed: map[job.ID]jobEntry{}, unlisted: map[job.ID]time.Time{},
	}
}

// put notes a job's figures until until. A job that finds the table full is
// counted, and listed by a later tick when there is room.
func (t *jobTable) put(id job.ID, f figures, now, until time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, known := t.listed[id]
	if !known && len(t.listed) >= t.limit {
		t.prune(now)
	}
	if known || len(t.listed) < t.limit {
		t.listed[id] = jobEntry{f, until}
		delete(t.unlisted, id)
		return
	}
	if _, known := t.unlisted[id]; known || len(t.unlisted) < maxUnlisted {
		t.unlisted[id] = until
	}
}

// remove forgets a job.
func (t *jobTable) remove(id job.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.listed, id)
	delete(t.unlisted, id)
}

// jobs is the figures of the listed jobs, and how many further ones there are.
func (t *jobTable) jobs(now time.Time) (map[job.ID]figures, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pruned = time.Time{}
	t.prune(now)
	listed := make(map[job.ID]figures, len(t.listed))
	for id, entry := range t.listed {
		listed[id] = entry.figures
	}
	return listed, len(t.unlisted)
}

// prune forgets the jobs whose time is over. It looks at all of them, so a full
// table does it at most once a second.
func (t *jobTable) prune(now time.Time) {
	if age := now.Sub(t.pruned); age >= 0 && age < time.Second {
		return
	}
	t.pruned = now
	for id, entry := range t.listed {
		if !now.Before(entry.until) {
			delete(t.listed, id)
		}
	}
	for id, until := range t.unlisted {
		if !now.Before(until) {
			delete(t.unlisted, id)
		}
	}
}
