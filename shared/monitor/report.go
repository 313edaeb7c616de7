package monitor

import (
	"context"
	"encoding/json"
	"time"

	"kubejobs/shared/core/sample"
)

// secondLayout is how reports write a second: UTC.
const secondLayout = "2006-01-02T15:04:05Z"

// Report is what a job came to, in the shape that Asperathos' Manager reads.
type Report struct {
	ExecutionTime *int64          `json:"execution_time"` // whole seconds
	FinalError    TimedError      `json:"final_error"`
	FinalReplicas *int64          `json:"final_replicas"`
	Heuristics    json.RawMessage `json:"heuristic_options"`
	MaxError      TimedError      `json:"max_error"`
	MinError      TimedError      `json:"min_error"`
	Strategy      string          `json:"scaling_strategy"`
}

// TimedError is an error and its second. As JSON it is the pair
// [value, "YYYY-MM-DDTHH:MM:SSZ"], or [null, null] if there was no sample.
type TimedError struct {
	Value  *float64
	Second *string
}

// newTimedError is that of a sample, which may be nil.
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

// Point is one second of the detailed report.
type Point struct {
	Error    float64 `json:"error"`
	Job      float64 `json:"job_progress"`
	Replicas int64   `json:"replicas"`
	Time     float64 `json:"time_progress"`
}

// Detailed is the detailed report: points by their second.
type Detailed map[string]Point

// Report is the report of a job that finished or failed. ErrRunning if it
// lives, ErrNoReport if it was stopped, ErrUnknownJob.
func (s *Service) Report(ctx context.Context, id JobID) (Report, error) {
	record, err := s.reported(ctx, id)
	if err != nil {
		return Report{}, err
	}
	return newReport(record.Spec, record.State), nil
}

// Detailed is the detailed report of a job, with the errors of Report.
func (s *Service) Detailed(ctx context.Context, id JobID) (Detailed, error) {
	if _, err := s.reported(ctx, id); err != nil {
		return nil, err
	}
	replay, err := s.store.Replay(ctx, id)
	if err != nil {
		return nil, err
	}
	detailed := Detailed{}
	for _, x := range merge(replay.Kept, replay.Record.State.Summary) {
		detailed[second(x)] = Point{Error: x.Error, Job: x.Job, Replicas: x.Replicas, Time: x.Time}
	}
	return detailed, nil
}

func (s *Service) reported(ctx context.Context, id JobID) (Record, error) {
	record, err := s.store.Load(ctx, id, "")
	switch {
	case err != nil:
		return Record{}, err
	case record.State.Phase == PhaseStopped:
		return Record{}, ErrNoReport
	case record.State.Phase.Living():
		return Record{}, ErrRunning
	}
	return record, nil
}

// newReport is pure.
func newReport(spec Spec, state State) Report {
	r := Report{
		FinalError: newTimedError(state.Summary.Last),
		MaxError:   newTimedError(state.Summary.Max()),
		MinError:   newTimedError(state.Summary.Min()),
		Heuristics: spec.Heuristics,
		Strategy:   spec.Strategy,
	}
	if seconds, ok := state.Summary.ExecutionSeconds(); ok {
		r.ExecutionTime = &seconds
		r.FinalReplicas = &state.Summary.Replicas
	}
	return r
}

func second(s sample.Sample) string { return s.Moment().Truncate(time.Second).Format(secondLayout) }
