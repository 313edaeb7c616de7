// Package history answers which samples of a job are kept, so that however
// long it runs they are few and cover the whole run evenly.
package history

// Max is how many samples are kept at most. A sample takes about 60 bytes, at
// most 95, so that all of a job's keys stay under 100 KB.
const Max = 900

// Index is where a history stands: every Stride-th sample is kept. The zero
// value is an empty history.
type Index struct {
	Stride int64 `json:"stride"` // 0 counts as 1
	Seen   int64 `json:"seen"`   // samples offered
	Stored int64 `json:"stored"` // samples kept, <= Max
}

// Step is what to do with the samples in store for one that is offered, in
// this order.
type Step struct {
	Halve bool // drop every second one, keeping the first
	Keep  bool // append the one that is offered
}

// Offer says what one more sample does. Samples kept are those whose number is
// a multiple of the stride; when Max are kept the stride doubles.
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
