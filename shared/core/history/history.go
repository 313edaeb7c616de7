// Package history selects the samples of a job that are kept: a bounded number
// that covers the whole run evenly, however long it is.
package history

// Max is the maximum number of samples that are kept. A sample takes about 60
// bytes, at most 95, so that all keys of a job stay under 100 KB.
const Max = 900

// Index is the state of a history, which keeps every Stride-th sample. The zero
// value is an empty history.
type Index struct {
	Stride int64 `json:"stride"` // 0 counts as 1
	Seen   int64 `json:"seen"`   // samples offered
	Stored int64 `json:"stored"` // samples kept, <= Max
}

// Step is what to do with the stored samples when one more is offered, in this
// order.
type Step struct {
	Halve bool // drop every second stored sample, keeping the first
	Keep  bool // append the offered sample
}

// Offer returns the index after one more sample, and what to do with the sample.
// The samples whose number is a multiple of the stride are kept; when Max are
// kept, the stride doubles.
func (i Index) Offer() (Index, Step) {
	i.Stride = max(i.Stride, 1)
	var step Step
	if i.Stored >= Max {
		step.Halve = true
		i.Stored = (i.Stored + 1) / 2
		i.Stride *= 2
	}
	if i.Seen%i.Stride == 0 {
		step.Keep = true
		i.Stored++
	}
	i.Seen++
	return i, step
}
