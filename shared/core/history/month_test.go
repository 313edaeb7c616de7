package history_test

import (
	"math"
	"slices"
	"testing"

	"kubejobs/shared/core/history"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/core/summary"
)

// The clock of a job that is ticked every 2 s, up to half a second late.
const (
	period = 2000
	late   = 500
)

// worn is the n-th sample of a job that is monitored for a month: numbers as
// long as they come.
func worn(n int64) sample.Sample {
	part := float64(n) / thirtyDays
	x := sample.Sample{
		At: 1795499061000 + n*period + n*7919%late, Job: math.Pow(part, 1.1), Time: part * 1.01, Replicas: n * 31 % 1000,
	}
	x.Error = x.Job - x.Time
	switch n {
	case thirtyDays/3 + 1:
		x.Error = 0.9876543210987654
	case thirtyDays/2 + 1:
		x.Error = -98.76543210987654
	}
	return x
}

// A month of ticks goes through what a commit does: the texts that are kept are
// under 100 KB at every moment, cover the run without a gap, and with the
// summary's extremes nothing that stands out is lost.
func TestAMonthOfSamples(t *testing.T) {
	t.Parallel()
	var (
		folded summary.Summary
		index  history.Index
		kept   []string
		size   int
		most   int
	)
	for n := range int64(thirtyDays) {
		var settled *sample.Sample
		if folded, settled = folded.Fold(worn(n)); settled == nil {
			continue
		}
		var step history.Step
		if index, step = index.Offer(); step.Halve {
			kept, size = halve(kept)
		}
		if step.Keep {
			kept = append(kept, settled.String())
			size += len(kept[len(kept)-1])
		}
		most = max(most, size)
	}
	t.Logf("at most %d bytes, at the end %d samples in %d bytes, stride %d", most, len(kept), size, index.Stride)
	if most > 100_000 {
		t.Errorf("the history took %d bytes, want at most 100,000", most)
	}
	samples := make([]sample.Sample, len(kept))
	for i, text := range kept {
		var err error
		if samples[i], err = sample.Parse(text); err != nil {
			t.Fatal(err)
		}
	}
	gap := index.Stride*period + late
	at := worn(0).At
	for _, x := range append(samples, *folded.Last) {
		if x.At-at > gap {
			t.Errorf("nothing is kept from %d to %d: %d ms, want at most %d", at, x.At, x.At-at, gap)
		}
		at = x.At
	}
	if first, last := samples[0], worn(thirtyDays-1); first != worn(0) || *folded.Last != last {
		t.Errorf("from %v to %v, want from %v to %v", first, *folded.Last, worn(0), last)
	}
	for _, n := range []int64{thirtyDays/3 + 1, thirtyDays/2 + 1, thirtyDays - 1} {
		if !slices.Contains(folded.Extremes(), worn(n)) {
			t.Errorf("sample %d is no extreme: %v", n, folded.Extremes())
		}
		if slices.Contains(samples, worn(n)) {
			t.Errorf("sample %d is in the history by chance: it shows nothing", n)
		}
	}
}

// halve is every second text, and how long they are.
func halve(texts []string) ([]string, int) {
	half, size := texts[:0], 0
	for i := 0; i < len(texts); i += 2 {
		half = append(half, texts[i])
		size += len(texts[i])
	}
	return half, size
}
