package monitor

import (
	"encoding/json"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"time"

	"kubejobs/shared/core/schedule"
)

// JobID names a job: a DNS label, so that it is safe in a key, a path and an
// object's name.
type JobID string

var dnsLabel = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

// ParseJobID checks that text is a DNS label (RFC 1123): 1 to 63 of a-z, 0-9
// and '-', not at an end.
func ParseJobID(text string) (JobID, error) {
	if !dnsLabel.MatchString(text) {
		return "", Invalid(FieldError{"id", fmt.Sprintf(
			"want a DNS label (1 to 63 of a-z, 0-9 and '-', with neither end a '-'), got %.80q", text)})
	}
	return JobID(text), nil
}

// Address is where a Redis listens.
type Address struct {
	Host string `json:"host"`
	Port int    `json:"port"`
}

// Database is a time series database that a job's samples are to be stored in.
// It holds no credential: what a caller sends of that is not kept.
type Database struct {
	Host string `json:"host"`
	Port int    `json:"port"`
	Name string `json:"name"`
}

// Address is where the database listens.
func (d Database) Address() Address { return Address{Host: d.Host, Port: d.Port} }

// String is host:port, with brackets round an IPv6 address.
func (a Address) String() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }

// Request is what a caller asks for. Nil and zero fields were left out and are
// found out by Service.Start.
type Request struct {
	ID          JobID
	Plugin      string
	Budget      time.Duration // expected time, > 0
	Items       int64         // number of jobs; 0: what the queue holds
	Submitted   time.Time     // zero: now
	Period      time.Duration // 0: the default
	QueueHost   string        // "": the Service redis-<id>
	QueuePort   int           // 0: 6379, or the default queue's
	Strategy    string        // "": default
	Heuristics  json.RawMessage
	Database    *Database // nil: none of the job's own
	Fingerprint string    // of the request as it came: equal requests have equal ones
}

// Spec is what was asked for, made whole. It never changes.
type Spec struct {
	ID          JobID           `json:"id"`
	Items       int64           `json:"items"`
	Budget      time.Duration   `json:"budget_ns"`
	Submitted   time.Time       `json:"submitted"`
	Period      time.Duration   `json:"period_ns"`
	Queue       Address         `json:"queue"`
	Strategy    string          `json:"strategy"`
	Heuristics  json.RawMessage `json:"heuristics,omitempty"`
	Database    *Database       `json:"database,omitempty"`
	Fingerprint string          `json:"fingerprint"`
	Accepted    time.Time       `json:"accepted"`
}

// Schedule is when the job is ticked.
func (s Spec) Schedule() schedule.Schedule { return schedule.Largest(s.Period) }

// Deadline is when the job should be done.
func (s Spec) Deadline() time.Time { return s.Submitted.Add(s.Budget) }
