package job

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"kubejobs/shared/core/schedule"
)

// Address is the host and the port that a server listens on.
type Address struct {
	Host string `json:"host"`
	Port int    `json:"port"`
}

// String returns host:port, with brackets around an IPv6 address.
func (a Address) String() string {
	var room [64]byte
	text := room[:0]
	if strings.Contains(a.Host, ":") {
		text = append(append(append(text, '['), a.Host...), ']')
	} else {
		text = append(text, a.Host...)
	}
	return string(strconv.AppendInt(append(text, ':'), int64(a.Port), 10))
}

// Database is a time series database for a job's samples. It holds no
// credentials, but the name of the Secret that does: those that a caller sends are not
// stored.
type Database struct {
	Host   string `json:"host"`
	Port   int    `json:"port"`
	Name   string `json:"name"`
	Secret string `json:"secret,omitempty"`
}

// Address returns the address that the database listens on.
func (d Database) Address() Address { return Address{Host: d.Host, Port: d.Port} }

// Spec is what the caller asked for, with all defaults filled in. It never
// changes.
type Spec struct {
	ID          ID              `json:"id"`
	Items       int64           `json:"items"`
	Budget      time.Duration   `json:"budget_ns"`
	Submitted   time.Time       `json:"submitted"`
	Period      time.Duration   `json:"period_ns"`
	Queue       Queue           `json:"queue"`
	Strategy    string          `json:"strategy"`
	Heuristics  json.RawMessage `json:"heuristics,omitempty"`
	Database    *Database       `json:"database,omitempty"`
	Control     *Control        `json:"control,omitempty"` // nil: nothing scales the job
	Fingerprint string          `json:"fingerprint"`
	Caller      string          `json:"caller,omitempty"` // address of who started the job
	Accepted    time.Time       `json:"accepted"`
}

// Schedule returns the cron schedule of the job's ticks.
func (s Spec) Schedule() schedule.Schedule { return schedule.Largest(s.Period) }

// Deadline returns when the job should be done.
func (s Spec) Deadline() time.Time { return s.Submitted.Add(s.Budget) }

// Life identifies this life of the job's ID: it is the Unix time in milliseconds
// at which the job was accepted, and greater than that of every earlier life. It
// is 0 for a spec that was not accepted.
func (s Spec) Life() int64 {
	if s.Accepted.IsZero() {
		return 0
	}
	return s.Accepted.UnixMilli()
}

// DatabaseSecret returns the name of the Secret with the credentials for the job's
// database; "" for none.
func (s Spec) DatabaseSecret() string {
	if s.Database == nil {
		return ""
	}
	return s.Database.Secret
}
