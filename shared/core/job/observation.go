package job

import "time"

// Observation holds the raw facts that one tick read.
type Observation struct {
	At    time.Time
	Queue QueueCount
	Kube  *KubeStatus // nil without Kubernetes: the queue alone decides
}

// QueueCount holds the lengths of a job's lists, read atomically.
type QueueCount struct {
	Queued   int64 // items that wait
	InFlight int64 // items that a worker holds
	Results  int64 // items that the workers reported as done
}

// KubeStatus is the status of the Kubernetes Job.
type KubeStatus struct {
	Active    int64  `json:"active,omitempty"`  // running pods
	Started   bool   `json:"started,omitempty"` // a pod has run
	Suspended bool   `json:"suspended,omitempty"`
	Complete  bool   `json:"complete,omitempty"`
	Failed    bool   `json:"failed,omitempty"`
	Reason    string `json:"reason,omitempty"` // of a failure
	Gone      bool   `json:"gone,omitempty"`   // the Job was deleted
}

// HasWork reports whether any item is in the queue or was done. Empty lists may
// just not be filled yet.
func (q QueueCount) HasWork() bool { return q.Queued > 0 || q.InFlight > 0 || q.Results > 0 }

// workSeen reports whether the observation shows that there is or was work.
func (o Observation) workSeen() bool {
	if o.Queue.HasWork() {
		return true
	}
	return o.Kube != nil && (o.Kube.Started || o.Kube.Active > 0 || o.Kube.Complete || o.Kube.Failed)
}

// outcome returns the phase in which the observation ends the job, and why. It
// returns PhaseRunning if the job goes on. With Kubernetes the conditions of
// the Job decide. Without it, the job is finished once work was seen and both
// lists are empty.
func (o Observation) outcome(workSeen bool) (Phase, string) {
	switch {
	case o.Kube != nil && o.Kube.Complete:
		return PhaseFinished, "the Job is complete"
	case o.Kube != nil && o.Kube.Failed:
		return PhaseFailed, "the Job failed: " + o.Kube.Reason
	case o.Kube == nil && workSeen && o.Queue.Queued == 0 && o.Queue.InFlight == 0:
		return PhaseFinished, "the queue is empty"
	default:
		return PhaseRunning, ""
	}
}

// replicas returns the number of active pods. Without Kubernetes it returns the
// number of items in flight, as each worker holds one.
func (o Observation) replicas() int64 {
	if o.Kube != nil {
		return o.Kube.Active
	}
	return o.Queue.InFlight
}
