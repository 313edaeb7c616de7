package watch

import (
	"slices"

	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// row is what is known of one job.
type row struct {
	status monitor.Status
	known  bool      // status is one
	over   bool      // the job has ended, or the server does not know it
	errors []float64 // of its newest samples, oldest first
	newest int64     // time of the newest of them

	shown  change
	warned []string // the warnings of the last status
}

// change is what makes a new line where lines are not redrawn.
type change struct {
	life     int64 // the submission of another one is later
	samples  int64
	phase    job.Phase
	health   forecast.Status
	failures int
}

func changeOf(s monitor.Status) change {
	return change{s.Submitted.UnixMilli(), s.Samples, s.Phase, s.Health, s.Failures}
}

// take takes a status. Its sample is the newest one.
func (r *row) take(s monitor.Status) {
	if r.known && !s.Submitted.Equal(r.status.Submitted) {
		*r = row{warned: r.warned} // another life
	}
	r.status, r.known = s, true
	if s.Last != nil && s.Progress != nil {
		r.add(s.Last.Timestamp, s.Progress.Error)
	}
}

// add adds the error of a sample, unless it is known.
func (r *row) add(at int64, value float64) {
	if at <= r.newest {
		return
	}
	r.newest = at
	r.errors = append(r.errors, value)
	r.errors = slices.Delete(r.errors, 0, max(len(r.errors)-history, 0))
}

// warnings returns those that are new.
func (r *row) warnings() []string {
	var fresh []string
	for _, text := range r.status.Warnings {
		if !slices.Contains(r.warned, text) {
			fresh = append(fresh, text)
		}
	}
	r.warned = r.status.Warnings
	return fresh
}
