package job

import (
	"fmt"
	"time"
)

// Observation is what one tick read of a job. It has two halves, the queue and
// the Kubernetes Job, and either may be missing.
type Observation struct {
	At    time.Time
	Late  time.Duration // from the tick's instant of the schedule to its arrival
	Queue QueueHalf
	Kube  KubeHalf
	Fleet FleetHalf
	// Undecided means that nothing is to be decided about the replicas.
	Undecided bool
}

// QueueHalf is what a tick read of the queue.
type QueueHalf struct {
	Count *QueueCount // nil: the queue could not be read
	Error string      // why it could not be read
}

// KubeHalf is what a tick knows about the Kubernetes Job.
type KubeHalf struct {
	// Asked means that Kubernetes is a source at all. Without it the queue alone
	// decides.
	Asked  bool
	Status *KubeStatus // nil: unknown, or there is no such Job
	Absent bool        // the Job does not exist
	// Existed means that the absent Job has existed, whether a tick saw it or not.
	Existed bool
	Error   string // why the status is unknown
}

// FleetHalf is what a tick read of the replicas of a controlled job whose target is not
// the Job of its id.
type FleetHalf struct {
	Fleet *Fleet // nil: it was not read, or is unknown
	Error string // why it is unknown
}

// QueueCount holds the lengths of a job's lists.
type QueueCount struct {
	Queued   int64 `json:"queued,omitempty"`    // items that wait
	InFlight int64 `json:"in_flight,omitempty"` // items that a worker holds
	Results  int64 `json:"results,omitempty"`   // items that the workers reported as done
}

// KubeStatus is the status of the Kubernetes Job.
type KubeStatus struct {
	Active int64 `json:"active,omitempty"` // running pods
	// Ready is the number of pods that are ready; nil if Kubernetes does not say.
	Ready *int64 `json:"ready,omitempty"`
	// Parallelism is how many pods the Job asks for; nil if unknown.
	Parallelism *int64 `json:"parallelism,omitempty"`
	// Left is how many completions are left; nil if the Job does not count them. It
	// never has more pods than that.
	Left      *int64 `json:"left,omitempty"`
	Started   bool   `json:"started,omitempty"` // a pod has run
	Suspended bool   `json:"suspended,omitempty"`
	Complete  bool   `json:"complete,omitempty"`
	Failed    bool   `json:"failed,omitempty"`
	Reason    string `json:"reason,omitempty"` // of a failure
	Gone      bool   `json:"gone,omitempty"`   // the Job was deleted
	// Saved is when the status was stored, Unix milliseconds; 0 if it was not.
	Saved int64 `json:"saved,omitempty"`
	// UID and Created tell the Jobs apart that have had the name one after another;
	// "" and 0 in a status that Kubernetes was asked for. Created is in Unix
	// milliseconds.
	UID     string `json:"uid,omitempty"`
	Created int64  `json:"created,omitempty"`
	// Version is the resource version of the Job; "" if it is unknown.
	Version string `json:"version,omitempty"`
}

// Final reports whether the status is the last one of its Job.
func (k KubeStatus) Final() bool { return k.Complete || k.Failed || k.Gone }

// HasWork reports whether any item is in the queue or was done. Empty lists may
// just not be filled yet.
func (q QueueCount) HasWork() bool { return q.Queued > 0 || q.InFlight > 0 || q.Results > 0 }

// Left returns the number of items that are not done. It is at least 0, and at
// most the largest int64.
func (q QueueCount) Left() int64 {
	left := max(q.Queued, 0) + max(q.InFlight, 0)
	if left < 0 { // overflow
		return 1<<63 - 1
	}
	return left
}

// workSeen reports whether the observation shows that there is or was work.
func (o *Observation) workSeen() bool {
	if o.Queue.Count != nil && o.Queue.Count.HasWork() {
		return true
	}
	k := o.Kube.Status
	return k != nil && (k.Started || k.Active > 0 || k.Complete || k.Failed)
}

// replicas returns the number of active pods, those of the job's target if that is not
// its Job. If that is unknown it returns last, the number in the last sample. Without
// Kubernetes, and if there never was a Job, it returns the number of items in flight, as
// each worker holds one.
func (o *Observation) replicas(kubeSeen bool, last int64) int64 {
	switch {
	case o.Fleet.Fleet != nil:
		return o.Fleet.Fleet.Running
	case o.Kube.Status != nil:
		return o.Kube.Status.Active
	case o.Kube.Absent && kubeSeen:
		return 0
	case o.Kube.Asked && !o.Kube.Absent:
		return last
	case o.Queue.Count != nil:
		return o.Queue.Count.InFlight
	default:
		return 0
	}
}

// working returns the number of replicas that work: the ready pods, or the active ones
// if Kubernetes does not say which are ready. Otherwise it is what replicas returns;
// last is the number at the last point.
func (o *Observation) working(kubeSeen bool, last int64) int64 {
	if o.Fleet.Fleet != nil {
		return o.Fleet.Fleet.Working
	}
	if k := o.Kube.Status; k != nil && k.Ready != nil {
		return max(*k.Ready, 0)
	}
	return o.replicas(kubeSeen, last)
}

// asked returns the number of replicas that the job's target asks for; 0 if that is
// unknown. last is the number at the last point.
func (o *Observation) asked(last int64) int64 {
	switch k := o.Kube.Status; {
	case o.Fleet.Fleet != nil:
		return o.Fleet.Fleet.Asked
	case k != nil && k.Parallelism != nil:
		return max(*k.Parallelism, 0)
	case k == nil && o.Kube.Asked && !o.Kube.Absent:
		return last
	default:
		return 0
	}
}

// lostCause says how the queue was lost between two counts; "" if it was not.
// A queue is lost if both lists are empty and the results are fewer than
// before, although every completed item had its result before. If the results
// already were fewer than the completed items, somebody consumes them, and
// nothing follows from their number.
func lostCause(items int64, before *QueueCount, now QueueCount) string {
	if before == nil || now.Left() > 0 || now.Results >= before.Results || before.Results < items-before.Left() {
		return ""
	}
	return fmt.Sprintf("the queue was lost: both lists are empty, and the results fell from %d to %d",
		before.Results, now.Results)
}

// remainder describes what a job left behind when it ended; "" if nothing.
func remainder(items int64, queue *QueueCount) string {
	if queue == nil {
		return "; the queue could not be read"
	}
	text := ""
	if left := queue.Left(); left > 0 {
		text = fmt.Sprintf("; %d of %d items are left", left, items)
	}
	if queue.Results < items {
		text += fmt.Sprintf("; %d of %d items have a result", queue.Results, items)
	}
	return text
}
