package monitortest

import (
	"context"
	"math/rand/v2"
	"sync"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// KubeJobs is a monitor.KubeJobs that holds the Jobs of a cluster in memory. Its
// zero value is a cluster without Jobs.
type KubeJobs struct {
	mu   sync.Mutex
	jobs map[job.ID]job.KubeStatus
	err  error
}

// Set creates or changes a Job.
func (k *KubeJobs) Set(id job.ID, status job.KubeStatus) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.jobs == nil {
		k.jobs = map[job.ID]job.KubeStatus{}
	}
	k.jobs[id] = status
}

// Delete deletes a Job.
func (k *KubeJobs) Delete(id job.ID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.jobs, id)
}

// Fail makes Status return err; nil ends that.
func (k *KubeJobs) Fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.err = err
}

// Status implements monitor.KubeJobs.
func (k *KubeJobs) Status(_ context.Context, id job.ID) (job.KubeStatus, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	status, ok := k.jobs[id]
	switch {
	case k.err != nil:
		return job.KubeStatus{}, k.err
	case !ok:
		return job.KubeStatus{}, &failure.Error{Kind: failure.KindNotFound, Message: "no such Job"}
	}
	return status, nil
}

// Feed reports the changes of Jobs as unreliably as ApiServerSource does: it loses
// some, makes others twice, and delivers others only after a later one.
type Feed struct {
	save func(ctx context.Context, id job.ID, status job.KubeStatus, version uint64) error

	mu      sync.Mutex
	rand    *rand.Rand
	share   float64
	version uint64
	held    []change
}

// change is one report.
type change struct {
	id      job.ID
	status  job.KubeStatus
	version uint64
}

// NewFeed returns a feed of which that share of the reports, 0 to 1, is lost. As
// many are made twice, and as many come late.
func NewFeed(
	seed uint64, share float64, save func(ctx context.Context, id job.ID, status job.KubeStatus, version uint64) error,
) *Feed {
	return &Feed{save: save, rand: rand.New(rand.NewPCG(seed, seed)), share: share}
}

// Report reports that a Job has changed, and whatever was held before.
func (f *Feed) Report(ctx context.Context, id job.ID, status job.KubeStatus) error {
	for _, c := range f.next(id, status) {
		if err := f.save(ctx, c.id, c.status, c.version); err != nil {
			return err
		}
	}
	return nil
}

// next returns the reports to make now that a Job has changed.
func (f *Feed) next(id job.ID, status job.KubeStatus) []change {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.version++
	c := change{id, status, f.version}
	held := f.held
	f.held = nil
	switch x := f.rand.Float64(); {
	case x < f.share:
		return held
	case x < 2*f.share:
		f.held = []change{c}
		return held
	case x < 3*f.share:
		return append([]change{c, c}, held...)
	default:
		return append([]change{c}, held...)
	}
}

// Flush reports what is still held.
func (f *Feed) Flush(ctx context.Context) error {
	f.mu.Lock()
	held := f.held
	f.held = nil
	f.mu.Unlock()
	for _, c := range held {
		if err := f.save(ctx, c.id, c.status, c.version); err != nil {
			return err
		}
	}
	return nil
}
