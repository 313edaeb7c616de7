package redisstore

import (
	"hash/maphash"
	"sync/atomic"

	"kubejobs/shared/core/job"
)

// familiar is what a store keeps of a job for its next tick. It does not change.
type familiar struct {
	id         job.ID
	keys       []any // those of scriptKeys
	kubeStatus any   // its key
	text       string
	spec       job.Spec // what text says, which nobody may change; none if text is ""
}

func newFamiliar(id job.ID) *familiar {
	f := &familiar{id: id, kubeStatus: kubeStatusKey(id)}
	for _, key := range scriptKeys(id) {
		f.keys = append(f.keys, key)
	}
	return f
}

func (f *familiar) stateKey() any { return f.keys[0] }
func (f *familiar) ticksKey() any { return f.keys[1] }

// familiars keeps a bounded number of jobs: each has one place, which the last job that had
// it keeps.
type familiars struct {
	seed   maphash.Seed
	places [1024]atomic.Pointer[familiar]
}

func newFamiliars() *familiars { return &familiars{seed: maphash.MakeSeed()} }

func (all *familiars) place(id job.ID) *atomic.Pointer[familiar] {
	return &all.places[maphash.String(all.seed, string(id))%uint64(len(all.places))]
}

// of returns what is kept of a job.
func (all *familiars) of(id job.ID) *familiar {
	if f := all.place(id).Load(); f != nil && f.id == id {
		return f
	}
	return newFamiliar(id)
}

// read returns the request that a text says. It decodes a text that is new of a job, and
// keeps it.
func (all *familiars) read(f *familiar, text string) (job.Spec, error) {
	if f.text == text {
		return f.spec, nil
	}
	spec, err := decodeSpec(text)
	if err == nil {
		all.place(f.id).Store(&familiar{f.id, f.keys, f.kubeStatus, text, spec})
	}
	return spec, err
}
