package job

// Fleet is what a tick knows of the replicas of a controlled job.
type Fleet struct {
	Asked   int64 // replicas that the target asks for
	Running int64 // its pods
	Working int64 // its pods that are ready
	// Most is how many replicas the target can have, whatever it asks for: a Job never
	// has more pods than completions are left. Nil if there is no such bound.
	Most *int64
	// UID and Version are those of the object in Kubernetes, so that an action does not
	// undo what happened to it since.
	UID, Version string
}

// Order is what an actuator has to do for a job.
type Order struct {
	Replicas int64 // > 0
	// Sequence rises with the decisions of a life: an order with a lower one is late.
	Sequence int64
	From     Fleet // as it was observed
}
