package job

// Fleet is what a tick knows of the replicas of a controlled job.
type Fleet struct {
	Asked   int64 // replicas that the target asks for
	Running int64 // its pods
	Working int64 // its pods that are ready
	// Most is how many replicas the target can have, whatever it asks for: a Job never
	// has more pods than completions are left. Nil if there is no such bound.
	Most *int64
	// Idle means that the target is a Job that is suspended or has ended.
	Idle bool
	// Version is that of the object in Kubernetes, so that an action does not undo what
	// happened to it since. No two objects have the same.
	Version string
}

// Order is what an actuator has to do for a job.
type Order struct {
	Replicas int64
	// Sequence rises with the decisions of a life: an order with a lower one is late.
	Sequence int64
	From     Fleet // as it was observed
}

// Fleet returns the replicas of a Job as far as its status says; nil if it does not say
// how many pods the Job asks for.
func (k KubeStatus) Fleet() *Fleet {
	if k.Parallelism == nil || k.Gone {
		return nil
	}
	f := &Fleet{
		Asked: *k.Parallelism, Running: k.Active, Working: k.Active, Most: k.Left,
		Idle: k.Suspended || k.Complete || k.Failed, Version: k.Version,
	}
	if k.Ready != nil {
		f.Working = *k.Ready
	}
	return f
}

// fleet returns the replicas of a controlled job, or why they are not known.
func (o *Observation) fleet(spec *Spec, state *State) (*Fleet, string) {
	switch {
	case spec.Control.Target == nil: // the number in Redis is the one that was decided
		_, last := state.Course.Ends()
		return &Fleet{Asked: max(state.Asked, last.Working), Running: last.Working, Working: last.Working}, ""
	case spec.ScalesOther():
		return o.Fleet.Fleet, o.Fleet.Error
	case o.Kube.Status == nil:
		return nil, o.Kube.Error
	}
	if fleet := o.Kube.Status.Fleet(); fleet != nil {
		return fleet, ""
	}
	return nil, "it is not known how many pods the Job asks for"
}
