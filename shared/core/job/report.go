package job

import (
	"encoding/json"
	"time"

	"kubejobs/shared/core/sample"
)

// secondLayout is how reports write a second, in UTC.
const secondLayout = "2006-01-02T15:04:05Z"

// Report is the final report of a job. It has the fields that Asperathos' Manager
// reads, and after them how the job ended.
type Report struct {
	ExecutionTime *int64          `json:"execution_time"` // whole seconds
	FinalError    TimedError      `json:"final_error"`
	FinalReplicas *int64          `json:"final_replicas"`
	Heuristics    json.RawMessage `json:"heuristic_options"`
	MaxError      TimedError      `json:"max_error"`
	MinError      TimedError      `json:"min_error"`
	Strategy      string          `json:"scaling_strategy"`

	Phase    Phase  `json:"phase"`
	Reason   string `json:"reason"` // why the job ended
	*Verdict        // of a job that finished or failed

	Outcome *Outcome `json:"outcome,omitempty"`
}

// TimedError is an error and its second. As JSON it is the pair
// [value, "YYYY-MM-DDTHH:MM:SSZ"], or [null, null] if there was no sample.
type TimedError struct {
	Value  *float64
	Second *string
}

// newTimedError returns the error of a sample, which may be nil.
func newTimedError(s *sample.Sample) TimedError {
	if s == nil {
		return TimedError{}
	}
	at := second(*s)
	return TimedError{Value: &s.Error, Second: &at}
}

// MarshalJSON writes the pair.
func (e TimedError) MarshalJSON() ([]byte, error) { return json.Marshal([]any{e.Value, e.Second}) }

// UnmarshalJSON reads the pair.
func (e *TimedError) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[]any{&e.Value, &e.Second})
}

// NewReport returns the report of a job.
func NewReport(spec Spec, state State) Report {
	outcome := NewOutcome(spec, state)
	r := Report{
		FinalError: newTimedError(state.Summary.Last),
		MaxError:   newTimedError(state.Summary.Max()),
		MinError:   newTimedError(state.Summary.Min()),
		Heuristics: spec.Heuristics,
		Strategy:   spec.Strategy,
		Phase:      state.Phase,
		Reason:     state.Reason,
		Verdict:    NewVerdict(spec, state),
		Outcome:    &outcome,
	}
	if seconds, ok := state.Summary.ExecutionSeconds(); ok {
		r.ExecutionTime = &seconds
		r.FinalReplicas = &state.Summary.Replicas
	}
	return r
}

// Point is one second of the detailed report.
type Point struct {
	Error    float64 `json:"error"`
	Job      float64 `json:"job_progress"`
	Replicas int64   `json:"replicas"`
	Time     float64 `json:"time_progress"`
}

// Detailed is the detailed report: one point for each second.
type Detailed map[string]Point

// NewDetailed returns the detailed report of a job's samples, oldest first. The
// last sample of a second wins.
func NewDetailed(samples []sample.Sample) Detailed {
	detailed := Detailed{}
	for _, x := range samples {
		detailed[second(x)] = Point{Error: x.Error, Job: x.Job, Replicas: x.Replicas, Time: x.Time}
	}
	return detailed
}

func second(s sample.Sample) string { return s.Moment().Truncate(time.Second).Format(secondLayout) }
