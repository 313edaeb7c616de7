package job

import (
	"cmp"
	"strconv"
)

// Names of the lists of a queue that names none, as Asperathos' workers use them.
const (
	PendingList    = "job"
	ProcessingList = "job:processing"
	ResultsList    = "job:results"
)

// Queue is a job's queue: three lists in a database of the job's own Redis.
type Queue struct {
	Address
	Database int   `json:"database,omitempty"`
	Lists    Lists `json:"lists,omitzero"`
	// Secret is the name of the Secret with the credentials for the Redis; "" for none.
	Secret string `json:"secret,omitempty"`
}

// String returns where the lists are: host:port, and /database if that is not 0.
func (q Queue) String() string {
	if q.Database == 0 {
		return q.Address.String()
	}
	return q.Address.String() + "/" + strconv.Itoa(q.Database)
}

// Lists holds the names of a queue's lists. A worker moves an item from Pending to
// Processing when it takes the item, and from there to Results. An empty name stands
// for the default.
type Lists struct {
	Pending    string `json:"pending,omitempty"`
	Processing string `json:"processing,omitempty"`
	Results    string `json:"results,omitempty"`
}

// Named returns the lists with the default names filled in.
func (l Lists) Named() Lists {
	return Lists{
		Pending:    cmp.Or(l.Pending, PendingList),
		Processing: cmp.Or(l.Processing, ProcessingList),
		Results:    cmp.Or(l.Results, ResultsList),
	}
}

// Names returns the names of the lists in the order in which items move.
func (l Lists) Names() [3]string {
	l = l.Named()
	return [3]string{l.Pending, l.Processing, l.Results}
}

// SampleListKey returns the key of the list in database 0 of the job's own Redis from
// which Asperathos' Controller pops the samples of a job.
func SampleListKey(id ID) string { return string(id) + ":metrics" }

// PushedTicksKey returns the key of what is remembered of the samples in that list. On
// a Redis Cluster it has the same hash slot.
func PushedTicksKey(id ID) string { return "{" + SampleListKey(id) + "}:ticks" }
