// Package summary computes the figures of the report from a job's samples. It
// folds one sample at a time and keeps at most four of them, however long the
// job runs.
package summary

import (
	"cmp"
	"slices"

	"kubejobs/shared/core/sample"
)

// Summary is the fold of a job's samples. The zero value holds none.
//
// Reports have a resolution of one second, so a second has one sample, its last:
// a sample replaces the one before if both are of the same second. Hence the
// second of every extreme is in the detailed report with the same error.
type Summary struct {
	First *sample.Sample `json:"first,omitempty"`
	Last  *sample.Sample `json:"last,omitempty"` // a sample of the same second may still replace it
	High  *sample.Sample `json:"high,omitempty"` // highest error before Last
	Low   *sample.Sample `json:"low,omitempty"`  // lowest error before Last

	// CompletedAt is when the job progress first was 1, in Unix milliseconds; 0
	// before that.
	CompletedAt int64 `json:"completed_at,omitempty"`
	// Replicas is the last number of replicas that was not 0. At the end of a job
	// none is running, but the report shows how many it ran with.
	Replicas int64 `json:"replicas,omitempty"`
	// Count is the number of samples, including the replaced ones and those that
	// were overtaken by a later one.
	Count int64 `json:"count"`
}

// Fold adds a sample that is not older than the last one. It also returns the
// sample that can no longer be replaced and so may go to the history, or nil.
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

// Max returns the sample with the highest error, the first of equals; nil if
// there is no sample.
func (s Summary) Max() *sample.Sample { return higher(s.High, s.Last) }

// Min returns the sample with the lowest error, the first of equals; nil if
// there is no sample.
func (s Summary) Min() *sample.Sample { return lower(s.Low, s.Last) }

// ExecutionSeconds returns the whole seconds from the first sample to the first
// one with all items done, or to the last one if there is none. This is what
// the Asperathos Monitor reports. It returns false if there is no sample.
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
