// Package summary answers what a job's samples come to: the report's figures.
//
// It folds one sample at a time and keeps six of them, however long the job
// runs.
package summary

import (
	"cmp"
	"slices"

	"kubejobs/shared/core/sample"
)

// Summary is the fold of a job's samples. The zero value holds none.
//
// Reports speak in whole seconds, so a second has one sample, its last: a
// sample of the same second takes the place of the one before. Hence every
// extreme's second is a second of the detailed report with the same error.
type Summary struct {
	First *sample.Sample `json:"first,omitempty"`
	Last  *sample.Sample `json:"last,omitempty"` // may still be replaced by one of its second
	High  *sample.Sample `json:"high,omitempty"` // highest error before Last
	Low   *sample.Sample `json:"low,omitempty"`  // lowest error before Last

	// CompletedAt is when job progress 1 was seen first, in Unix milliseconds;
	// 0 before.
	CompletedAt int64 `json:"completed_at,omitempty"`
	// Replicas is the last number of replicas that was not 0: at the end of a
	// job nothing runs any more, and the report wants what it ran with.
	Replicas int64 `json:"replicas,omitempty"`
	// Count is the number of folded samples, the replaced ones included.
	Count int64 `json:"count"`
}

// Fold adds a sample that is not older than the last. It returns the sample
// that can no longer be replaced, which is what a history keeps, or nil.
func (s Summary) Fold(next sample.Sample) (Summary, *sample.Sample) {
	var settled *sample.Sample
	if s.Last != nil && s.Last.Second() != next.Second() {
		settled = s.Last
		s.High, s.Low = higher(s.High, settled), lower(s.Low, settled)
	}
	if s.First == nil {
		s.First = &next
	}
	if s.CompletedAt == 0 && next.Job >= 1 {
		s.CompletedAt = next.At
	}
	if next.Replicas > 0 {
		s.Replicas = next.Replicas
	}
	s.Last = &next
	s.Count++
	return s, settled
}

// Max is the sample with the highest error, the first of equals; nil if none.
func (s Summary) Max() *sample.Sample { return higher(s.High, s.Last) }

// Min is the sample with the lowest error, the first of equals; nil if none.
func (s Summary) Min() *sample.Sample { return lower(s.Low, s.Last) }

// ExecutionSeconds is the whole seconds from the first sample to the first one
// with all items done, or to the last one where that was never seen. This is
// what the Asperathos Monitor reports. False if there was no sample.
func (s Summary) ExecutionSeconds() (int64, bool) {
	if s.First == nil {
		return 0, false
	}
	end := s.Last.At
	if s.CompletedAt != 0 {
		end = s.CompletedAt
	}
	return max(end-s.First.At, 0) / 1000, true
}

// Extremes returns the samples that a report must hold whatever the history
// dropped: the highest, the lowest and the last one.
func (s Summary) Extremes() []sample.Sample {
	var extremes []sample.Sample
	for _, x := range []*sample.Sample{s.Max(), s.Min(), s.Last} {
		if x != nil {
			extremes = append(extremes, *x)
		}
	}
	return extremes
}

// Merge returns history and the extremes, each sample once, oldest first.
func (s Summary) Merge(history []sample.Sample) []sample.Sample {
	all := append(slices.Clone(history), s.Extremes()...)
	slices.SortStableFunc(all, func(a, b sample.Sample) int { return cmp.Compare(a.At, b.At) })
	return slices.CompactFunc(all, func(a, b sample.Sample) bool { return a.At == b.At })
}

func higher(a, b *sample.Sample) *sample.Sample {
	if a == nil || (b != nil && b.Error > a.Error) {
		return b
	}
	return a
}

func lower(a, b *sample.Sample) *sample.Sample {
	if a == nil || (b != nil && b.Error < a.Error) {
		return b
	}
	return a
}
