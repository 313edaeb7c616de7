// Package forecast estimates how fast a job works and when it will be done, from
// the average rate over the time it has been observed.
package forecast

import (
	"math"
	"time"

	"kubejobs/shared/core/sample"
)

// Forecast is a rate and the finish time that follows from it.
type Forecast struct {
	Rate   float64   // items a second, >= 0; 0 while unknown
	Finish time.Time // UTC; zero while the rate is 0 or the finish is over a century away
}

const century = 100 * 365 * 24 * time.Hour

// Estimate returns the forecast of a job from its first and its last sample:
//
//	rate   = (last.Job - first.Job) * items / (last - first)
//	finish = last + (1 - last.Job) * items / rate
//
// The rate is 0 and the finish unknown if both samples are of one instant, or if
// progress did not rise between them. A job that is done finished at its last
// sample.
//
// Worked: 100 items, 0.2 at 0 s and 0.6 at 20 s: 2 items/s, done 20 s later.
func Estimate(items int64, first, last sample.Sample) Forecast {
	var f Forecast
	seconds := float64(last.At-first.At) / 1000
	if done := (last.Job - first.Job) * float64(items); seconds > 0 && done > 0 {
		f.Rate = done / seconds
	}
	left := (1 - last.Job) * float64(items)
	switch {
	case left <= 0:
		f.Finish = last.Moment()
	case f.Rate > 0:
		if ahead := left / f.Rate * float64(time.Second); ahead < float64(century) {
			f.Finish = last.Moment().Add(time.Duration(math.Round(ahead)))
		}
	}
	return f
}
