package forecast

// Cause is the likely cause of a stall.
type Cause string

const (
	// CauseNone means that the job advances, or has not paused for long enough.
	CauseNone Cause = ""
	// CauseNoReplica means that no replica works.
	CauseNoReplica Cause = "no-replica-works"
	// CauseNothingCompletes means that replicas work and no item is completed.
	CauseNothingCompletes Cause = "nothing-completes"
	// CauseItemsHeld means that replicas hold their items longer than items took before.
	CauseItemsHeld Cause = "items-held"
	// CauseQueueGrows means that more items are left than when the job advanced last.
	CauseQueueGrows Cause = "queue-grows"
	// CauseSuspended means that Kubernetes suspended the Job.
	CauseSuspended Cause = "suspended"
	// CauseUnobserved means that the queue cannot be read.
	CauseUnobserved Cause = "unobserved"
)

// Words returns a cause as a part of a sentence; "" for CauseNone.
func (c Cause) Words() string {
	switch c {
	case CauseNoReplica:
		return "no replica works"
	case CauseNothingCompletes:
		return "replicas work and complete nothing"
	case CauseItemsHeld:
		return "items are held for longer than usual"
	case CauseQueueGrows:
		return "the queue grows"
	case CauseSuspended:
		return "Kubernetes has suspended the Job"
	case CauseUnobserved:
		return "the queue cannot be read"
	case CauseNone:
	}
	return ""
}

// Causes returns all causes but CauseNone.
func Causes() []Cause {
	return []Cause{CauseNoReplica, CauseNothingCompletes, CauseItemsHeld, CauseQueueGrows, CauseSuspended, CauseUnobserved}
}

// Pause is what is known of a job that may have stopped advancing.
type Pause struct {
	Stalled    bool  // it has paused for too long, see Judge
	Suspended  bool  // Kubernetes suspended the Job
	Unobserved bool  // the queue cannot be read
	Working    int64 // replicas that work
	Held       int64 // items that a worker holds
	Completed  bool  // an item was completed before the pause
	Grown      bool  // more items are left than when the job advanced last
}

// Cause returns the likely cause of a pause. What hides the others comes first: a queue
// that cannot be read, a Job that is suspended, replicas of which none works.
func (p Pause) Cause() Cause {
	switch {
	case p.Unobserved:
		return CauseUnobserved
	case p.Suspended:
		return CauseSuspended
	case !p.Stalled:
		return CauseNone
	case p.Working <= 0:
		return CauseNoReplica
	case p.Grown:
		return CauseQueueGrows
	case p.Held > 0 && p.Completed:
		return CauseItemsHeld
	default:
		return CauseNothingCompletes
	}
}
