package telemetry

import (
	"sync"
	"time"

	"kubejobs/shared/core/job"
)

// maxUnlisted bounds how many of the jobs without gauges are counted.
const maxUnlisted = 10_000

// jobTable holds the jobs that this instance ticks, as of the last tick of each.
// It has the figures of the first ones and counts the others. A job without a
// tick on this instance for a while is removed.
type jobTable struct {
	limit int

	mu       sync.Mutex
	listed   map[job.ID]jobEntry
	unlisted map[job.ID]time.Time // when each expires
	pruned   time.Time
}

type jobEntry struct {
	figures figures
	expires time.Time
}

func newJobTable(limit int) *jobTable {
	return &jobTable{
		limit: limit, listed: map[job.ID]jobEntry{}, unlisted: map[job.ID]time.Time{},
	}
}

// put stores a job's figures until they expire. A job that finds the table full
// is only counted; a later tick lists it if there is room.
func (t *jobTable) put(id job.ID, f figures, now, expires time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, known := t.listed[id]
	if !known && len(t.listed) >= t.limit {
		t.prune(now)
	}
	if known || len(t.listed) < t.limit {
		t.listed[id] = jobEntry{f, expires}
		delete(t.unlisted, id)
		return
	}
	if _, known := t.unlisted[id]; known || len(t.unlisted) < maxUnlisted {
		t.unlisted[id] = expires
	}
}

// remove removes a job.
func (t *jobTable) remove(id job.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.listed, id)
	delete(t.unlisted, id)
}

// jobs returns the figures of the listed jobs, and the number of the others.
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

// prune removes the expired jobs. It visits all of them, so a full table does it
// at most once a second.
func (t *jobTable) prune(now time.Time) {
	if age := now.Sub(t.pruned); age >= 0 && age < time.Second {
		return
	}
	t.pruned = now
	for id, entry := range t.listed {
		if !now.Before(entry.expires) {
			delete(t.listed, id)
		}
	}
	for id, expires := range t.unlisted {
		if !now.Before(expires) {
			delete(t.unlisted, id)
		}
	}
}
