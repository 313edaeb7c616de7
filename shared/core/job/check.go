package job

import (
	"errors"
	"fmt"
	"time"

	"kubejobs/shared/core/sample"
)

// firstTime and lastTime bound the times of what is stored of a job: years that RFC
// 3339 can express, also a century later.
var (
	firstTime = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	lastTime  = time.Date(9500, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Check returns why a spec and a state are not those of a job, nil if they may be. A
// record that somebody else damaged is thus found before it is worked with.
func Check(spec Spec, state State) error {
	if !state.Phase.Valid() {
		return fmt.Errorf("the phase is %.80q", state.Phase)
	}
	times := append(make([]time.Time, 0, 8), spec.Submitted, spec.Deadline(), spec.Accepted)
	for _, millis := range []int64{state.EndedAt, state.FailingSince, state.QueueGap.since(), state.KubeGap.since()} {
		times = append(times, time.UnixMilli(millis))
	}
	if state.Control != nil {
		times = append(times, time.UnixMilli(state.Control.Since))
	}
	for _, at := range times {
		if !plausible(at) {
			return fmt.Errorf("the time %d (Unix seconds) cannot be", at.Unix())
		}
	}
	s := state.Summary
	if (s.First == nil) != (s.Last == nil) || s.Last == nil && (s.High != nil || s.Low != nil) {
		return errors.New("the summary lacks its first or its last sample")
	}
	for _, x := range []*sample.Sample{s.First, s.Last, s.High, s.Low} {
		if x == nil {
			continue
		}
		if err := CheckSample(*x); err != nil {
			return err
		}
	}
	return nil
}

// CheckSample returns why a sample is not that of a job, nil if it may be.
func CheckSample(x sample.Sample) error {
	if !plausible(x.Moment()) || !(x.Job >= 0 && x.Job <= 1) {
		return fmt.Errorf("the sample at %d with the progress %v cannot be", x.At, x.Job)
	}
	return nil
}

func plausible(at time.Time) bool { return !at.Before(firstTime) && at.Before(lastTime) }

// since returns when a gap began, 0 for none.
func (g *Gap) since() int64 {
	if g == nil {
		return 0
	}
	return g.Since
}
