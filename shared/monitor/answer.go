package monitor

import (
	"time"

	"kubejobs/shared/core/job"
)

// StartAnswer says what is in force for a started job. Times are RFC 3339 in UTC, durations
// in seconds.
type StartAnswer struct {
	Items     int64     `json:"number_of_jobs"`
	Period    float64   `json:"collect_period"`
	Budget    float64   `json:"expected_time"`
	Submitted time.Time `json:"submission_time"`
	Deadline  time.Time `json:"deadline"`
	Queue     string    `json:"queue"` // host:port
	Database  int       `json:"queue_database"`
	Lists     job.Lists `json:"queue_lists"`
	Strategy  string    `json:"scaling_strategy"`

	Control *job.Control `json:"control,omitempty"` // absent if nothing scales the job

	Warnings []string `json:"warnings"` // never null
}

// StatusPage is a page of the list of living jobs.
type StatusPage struct {
	Jobs []Status `json:"jobs"`
	Next string   `json:"next,omitempty"` // path of the next page
}

// SamplePage is a page of a job's samples, oldest first.
type SamplePage struct {
	Job     job.ID        `json:"job"`
	Samples []TimedSample `json:"samples"`
	Next    string        `json:"next,omitempty"` // path of the next page
}
