// Package sample answers what one tick found out about a job, and how that
// looks on the wire.
package sample

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Names of the four metrics, as Asperathos' Controller and Grafana dashboards
// know them.
const (
	NameError       = "application_progress_error"
	NameJob         = "job_progress"
	NameTime        = "time_progress"
	NameParallelism = "job_parallelism"
)

// Service is the value of the dimension "service".
const Service = "kubejobs"

// Sample is what one tick found. The error is kept beside the two shares that
// it is the difference of, so that what was published is what is reported.
type Sample struct {
	At       int64   `json:"at"` // Unix milliseconds
	Job      float64 `json:"job_progress"`
	Time     float64 `json:"time_progress"`
	Error    float64 `json:"error"`
	Replicas int64   `json:"replicas"`
}

// Moment is the sample's time, in UTC.
func (s Sample) Moment() time.Time { return time.UnixMilli(s.At).UTC() }

// Second is the sample's Unix second: the resolution of reports.
func (s Sample) Second() int64 { return floorDiv(s.At, 1000) }

// Element is the published sample split around its timestamp, which the script
// that publishes it may have to raise: Head + timestamp + Tail is the element.
type Element struct{ Head, Tail string }

// At is the whole element with the timestamp atMillis.
func (e Element) At(atMillis int64) string {
	return e.Head + strconv.FormatInt(atMillis, 10) + e.Tail
}

// Encode gives the element that is pushed to the job's metrics list for the
// Controller: JSON that is also a Python literal, since the Controller parses
// it with ast.literal_eval (no true, false, null, NaN, Infinity). The
// timestamp is in milliseconds. id must need no escaping (a DNS label); an
// error that is not finite is refused.
func Encode(id string, s Sample) (Element, error) {
	if math.IsNaN(s.Error) || math.IsInf(s.Error, 0) {
		return Element{}, fmt.Errorf("encode sample of %s: error is %v", id, s.Error)
	}
	return Element{
		Head: `{"name":"` + NameError + `","value":` + FormatNumber(s.Error) + `,"timestamp":`,
		Tail: `,"dimensions":{"application_id":"` + id + `","service":"` + Service + `"}}`,
	}, nil
}

// String is the compact form that the history holds, about 60 bytes:
// "at,job,time,error,replicas".
func (s Sample) String() string {
	return strings.Join([]string{
		strconv.FormatInt(s.At, 10), FormatNumber(s.Job), FormatNumber(s.Time), FormatNumber(s.Error),
		strconv.FormatInt(s.Replicas, 10),
	}, ",")
}

// Parse reads what String wrote; numbers that are not finite are refused.
func Parse(text string) (Sample, error) {
	fields := strings.Split(text, ",")
	if len(fields) != 5 {
		return Sample{}, fmt.Errorf("parse sample %q: want 5 fields, got %d", text, len(fields))
	}
	var s Sample
	var err error
	if s.At, err = strconv.ParseInt(fields[0], 10, 64); err != nil {
		return Sample{}, fmt.Errorf("parse sample time: %w", err)
	}
	for i, target := range []*float64{&s.Job, &s.Time, &s.Error} {
		if *target, err = strconv.ParseFloat(fields[i+1], 64); err != nil {
			return Sample{}, fmt.Errorf("parse sample: %w", err)
		}
		if math.IsNaN(*target) || math.IsInf(*target, 0) {
			return Sample{}, fmt.Errorf("parse sample %q: field %d is not finite", text, i+1)
		}
	}
	if s.Replicas, err = strconv.ParseInt(fields[4], 10, 64); err != nil {
		return Sample{}, fmt.Errorf("parse sample replicas: %w", err)
	}
	return s, nil
}

// FormatNumber returns the shortest text that reads back as the same float64.
func FormatNumber(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// floorDiv divides towards minus infinity, so that seconds before 1970 do not
// share one with those after.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
