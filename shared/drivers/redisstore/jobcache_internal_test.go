package redisstore

import (
	"fmt"
	"testing"

	"kubejobs/shared/core/job"
)

// A text is decoded once for a job, as long as no other job has its place.
func TestJobCache(t *testing.T) {
	t.Parallel()
	all := newJobCache()
	text := func(id job.ID, items int64) string {
		spec, _ := lived(t, 1)
		spec.ID, spec.Items = id, items
		encoded, err := encodeSpec(spec)
		if err != nil {
			t.Fatal(err)
		}
		return string(encoded)
	}
	read := func(id job.ID, items int64) {
		t.Helper()
		f := all.of(id)
		if f.id != id || f.stateKey() != stateKey(id) || f.ticksKey() != ticksKey(id) || f.kubeStatus != kubeStatusKey(id) || len(f.keys) != 5 {
			t.Fatalf("of(%s) = %+v", id, f)
		}
		if spec, err := all.read(f, text(id, items)); err != nil || spec.ID != id || spec.Items != items {
			t.Fatalf("read(%s) = %+v, %v", id, spec, err)
		}
	}
	read("a", 1)
	kept := all.of("a")
	read("a", 1)
	if all.of("a") != kept || kept.spec.Items != 1 {
		t.Errorf("the job was decoded again")
	}
	read("a", 2) // another life
	for i := range 5000 {
		read(job.ID(fmt.Sprintf("job-%d", i)), int64(i))
	}
	read("a", 3)
	if _, err := all.read(all.of("a"), "{"); err == nil {
		t.Error("a damaged text has no error")
	}
	read("a", 3)
}
