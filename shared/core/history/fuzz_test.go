package history_test

import (
	"testing"

	"kubejobs/shared/core/history"
)

// The kept samples are those whose number is a multiple of the stride, however far the
// history has come; what a damaged index holds ends in no panic.
func FuzzOffer(f *testing.F) {
	f.Add(int64(0), int64(0), int64(0), uint16(2000))
	f.Add(int64(8), int64(7200), int64(900), uint16(1))
	f.Add(int64(-1<<63), int64(-5), int64(1<<63-1), uint16(3))
	f.Fuzz(func(t *testing.T, stride, seen, stored int64, offers uint16) {
		damaged := history.Index{Stride: stride, Seen: seen, Stored: stored}
		for range 3 {
			damaged, _ = damaged.Offer()
		}
		var index history.Index
		var kept []int64
		for n := range int64(offers) {
			var step history.Step
			if index, step = index.Offer(); step.Halve {
				for i := range (len(kept) + 1) / 2 {
					kept[i] = kept[2*i]
				}
				kept = kept[:(len(kept)+1)/2]
			}
			if step.Keep {
				kept = append(kept, n)
			}
		}
		if int64(len(kept)) != index.Stored || len(kept) > history.Max || index.Seen != int64(offers) {
			t.Fatalf("%d samples are kept of %d, index %+v", len(kept), offers, index)
		}
		for i, n := range kept {
			if n != int64(i)*index.Stride {
				t.Fatalf("sample %d is kept as the %d-th, with stride %d", n, i, index.Stride)
			}
		}
		if want := (int64(offers) + max(index.Stride, 1) - 1) / max(index.Stride, 1); index.Stored != want {
			t.Errorf("%d samples are kept, want %d", index.Stored, want)
		}
	})
}
