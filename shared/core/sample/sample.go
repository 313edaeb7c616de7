// Package sample defines what one tick measured of a job, and its formats: the
// element in the Controller's list and the compact text in the history.
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

// Defaults of InfluxDB, as Asperathos writes it and its dashboards read it.
const (
	InfluxDatabase = "asperathos"
	// InfluxHost is the tag "host". It is the same on every instance of the
	// program: the identity of a point is its measurement, tags and time, so a
	// sample that is sent again, even by another instance, overwrites the same four
	// points. A tag that differs by instance would add more points and make sums
	// wrong.
	InfluxHost = "server01"
)

// Service is the value of the dimension "service".
const Service = "kubejobs"

// Sample is what one tick measured. It holds the error as well as the two shares
// of which that is the difference, so that the report shows exactly the value
// that was published.
type Sample struct {
	At       int64   `json:"at"` // Unix milliseconds
	Job      float64 `json:"job_progress"`
	Time     float64 `json:"time_progress"`
	Error    float64 `json:"error"`
	Replicas int64   `json:"replicas"`
	Asked    int64   `json:"asked,omitempty"` // replicas that the job asks for; 0 while unknown
	Late     int64   `json:"late,omitempty"`  // milliseconds from the tick's instant to its arrival
}

// Moment returns the sample's time, in UTC.
func (s Sample) Moment() time.Time { return time.UnixMilli(s.At).UTC() }

// Second returns the sample's Unix second, the resolution of reports.
func (s Sample) Second() int64 { return floorDiv(s.At, 1000) }

// Element is the element in the Controller's list, split around its timestamp:
// Head + timestamp + Tail. The script that pushes it may have to raise the
// timestamp.
type Element struct{ Head, Tail string }

// At returns the whole element with the timestamp atMillis.
func (e Element) At(atMillis int64) string {
	return e.Head + strconv.FormatInt(atMillis, 10) + e.Tail
}

// Encode returns the element for the Controller's list: JSON that is also a
// Python literal (no true, false, null, NaN, Infinity), because the Controller
// parses it with ast.literal_eval. The timestamp is in milliseconds. id must be
// a DNS label, as it is not escaped. Encode refuses an error that is not finite.
func Encode(id string, s Sample) (Element, error) {
	if math.IsNaN(s.Error) || math.IsInf(s.Error, 0) {
		return Element{}, fmt.Errorf("encode sample of %s: error is %v", id, s.Error)
	}
	return Element{
		Head: `{"name":"` + NameError + `","value":` + FormatNumber(s.Error) + `,"timestamp":`,
		Tail: `,"dimensions":{"application_id":"` + id + `","service":"` + Service + `"}}`,
	}, nil
}

// Numbers of fields in the text of a sample.
const (
	leastFields = 5
	mostFields  = 7
)

// String returns the compact text that the history holds, about 70 bytes:
// "at,job,time,error,replicas,asked,late", without fields at the end that are 0.
func (s Sample) String() string {
	var room [128]byte
	text := strconv.AppendInt(room[:0], s.At, 10)
	for _, number := range [...]float64{s.Job, s.Time, s.Error} {
		text = appendNumber(append(text, ','), number)
	}
	whole := [...]int64{s.Replicas, s.Asked, s.Late}
	n := len(whole)
	for n > 1 && whole[n-1] == 0 {
		n--
	}
	for _, number := range whole[:n] {
		text = strconv.AppendInt(append(text, ','), number, 10)
	}
	return string(text)
}

// Parse reads what String wrote. It refuses numbers that are not finite.
func Parse(text string) (Sample, error) {
	fields := strings.Split(text, ",")
	if len(fields) < leastFields || len(fields) > mostFields {
		return Sample{}, fmt.Errorf("parse sample %q: want %d to %d fields, got %d", text, leastFields, mostFields, len(fields))
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
	whole := []*int64{&s.Replicas, &s.Asked, &s.Late}
	for i, field := range fields[4:] {
		if *whole[i], err = strconv.ParseInt(field, 10, 64); err != nil {
			return Sample{}, fmt.Errorf("parse sample: %w", err)
		}
	}
	return s, nil
}

// FormatNumber returns the shortest text that reads back as the same float64.
func FormatNumber(v float64) string {
	var room [32]byte
	return string(appendNumber(room[:0], v))
}

func appendNumber(text []byte, v float64) []byte { return strconv.AppendFloat(text, v, 'g', -1, 64) }

// floorDiv divides and rounds towards minus infinity, so that the last second
// before 1970 and the first one after it are different seconds.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
