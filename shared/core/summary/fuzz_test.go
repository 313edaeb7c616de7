package summary_test

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/sample"
	"kubejobs/shared/core/summary"
)

// samples decodes samples, four bytes each, whose times do not fall.
func samples(bytes []byte) []sample.Sample {
	var all []sample.Sample
	at := int64(1795499061000)
	for chunk := range slices.Chunk(bytes, 4) {
		if len(chunk) < 4 {
			break
		}
		at += int64(binary.BigEndian.Uint16(chunk)) % 3000
		done := float64(chunk[2]%5) / 4
		all = append(all, sample.Sample{At: at, Job: done, Time: 0.5, Error: float64(int8(chunk[3])) / 16, Replicas: int64(chunk[2] % 3)})
	}
	return all
}

// A summary that is folded sample by sample, and stored in between, says what all
// samples together say.
func FuzzFold(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 0})
	f.Add([]byte{0, 100, 1, 10, 0, 100, 2, 200, 3, 232, 4, 10, 3, 232, 4, 250, 0, 1, 3, 3})
	f.Fuzz(func(t *testing.T, bytes []byte) {
		all := samples(bytes)
		var folded summary.Summary
		var settled []sample.Sample
		for _, x := range all {
			text, err := json.Marshal(folded)
			if err != nil {
				t.Fatal(err)
			}
			var stored summary.Summary
			if err := json.Unmarshal(text, &stored); err != nil {
				t.Fatal(err)
			}
			next, old := stored.Fold(x)
			if old != nil {
				settled = append(settled, *old)
			}
			folded = next
		}
		if len(all) == 0 {
			if seconds, ok := folded.ExecutionSeconds(); ok || folded.Max() != nil {
				t.Errorf("without a sample: %d s, maximum %v", seconds, folded.Max())
			}
			return
		}
		last := map[int64]sample.Sample{} // of each second
		for _, x := range all {
			last[x.Second()] = x
		}
		var want []sample.Sample
		for _, x := range all {
			if last[x.Second()] == x && !slices.Contains(want, x) {
				want = append(want, x)
			}
		}
		byError := func(a, b sample.Sample) int { return cmp.Compare(a.Error, b.Error) }
		if highest, lowest := slices.MaxFunc(want, byError), slices.MinFunc(want, byError); *folded.Max() != highest || *folded.Min() != lowest {
			t.Errorf("extremes %+v and %+v, want %+v and %+v", *folded.Max(), *folded.Min(), highest, lowest)
		}
		if *folded.First != all[0] || *folded.Last != all[len(all)-1] || folded.Count != int64(len(all)) {
			t.Errorf("summary %+v of %d samples", folded, len(all))
		}
		end := all[len(all)-1].At
		if done := slices.IndexFunc(all, func(x sample.Sample) bool { return x.Job >= 1 }); done >= 0 {
			end = all[done].At
		}
		if seconds, ok := folded.ExecutionSeconds(); !ok || seconds != (end-all[0].At)/1000 {
			t.Errorf("%d s, want %d ms", seconds, end-all[0].At)
		}
		if diff := gocmp.Diff(want, folded.Merge(settled)); diff != "" {
			t.Errorf("samples of the report (-want +got):\n%s", diff)
		}
	})
}
