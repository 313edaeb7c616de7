package redisstore

import (
	"hash/maphash"
	"sync/atomic"

	"kubejobs/shared/core/job"
)

// cachedJob is what a store keeps of a job for its next tick. It does not change.
type cachedJob struct {
	id         job.ID
	keys       []any // those of scriptKeys
	kubeStatus any   // its key
	text       string
	spec       job.Spec // what text says, which nobody may change; none if text is ""
}

func newCachedJob(id job.ID) *cachedJob {
	f := &cachedJob{id: id, kubeStatus: kubeStatusKey(id)}
	for _, key := range scriptKeys(id) {
		f.keys = append(f.keys, key)
	}
	return f
}

func (f *cachedJob) stateKey() any { return f.keys[0] }
func (f *cachedJob) ticksKey() any { return f.keys[1] }

// jobCache holds a bounded number of jobs: each has one place, which the last job that had
// it keeps.
type jobCache struct {
	seed   maphash.Seed
	places [1024]atomic.Pointer[cachedJob]
}

func newJobCache() *jobCache { return &jobCache{seed: maphash.MakeSeed()} }

func (all *jobCache) place(id job.ID) *atomic.Pointer[cachedJob] {
	return &all.places[maphash.String(all.seed, string(id))%uint64(len(all.places))]
}

// of returns what is kept of a job.
func (all *jobCache) of(id job.ID) *cachedJob {
	if f := all.place(id).Load(); f != nil && f.id == id {
		return f
	}
	return newCachedJob(id)
}

// read returns the request that a text says. It decodes a text that is new of a job, and
// keeps it.
func (all *jobCache) read(f *cachedJob, text string) (job.Spec, error) {
	if f.text == text {
		return f.spec, nil
	}
	spec, err := decodeSpec(text)
	if err == nil {
		all.place(f.id).Store(&cachedJob{f.id, f.keys, f.kubeStatus, text, spec})
	}
	return spec, err
}
