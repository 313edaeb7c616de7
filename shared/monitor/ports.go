package monitor

import (
	"context"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
)

// Queue reads a job's work queue.
type Queue interface {
	Count(ctx context.Context, of job.Queue) (job.QueueCount, error)
}

// KubeJobs reads the status of Kubernetes Jobs. The error for a Job that does
// not exist is of kind not found.
type KubeJobs interface {
	Status(ctx context.Context, id job.ID) (job.KubeStatus, error)
}

// SampleList is the list in the job's own Redis from which the Controller pops
// samples. Push is idempotent by the tick's id, and by the instant of the schedule
// if the tick has one.
type SampleList interface {
	Push(ctx context.Context, spec job.Spec, key PushKey, s sample.Sample) error
}

// PushKey says of which tick a sample is.
type PushKey struct {
	TickID  string
	Instant int64 // of the job's schedule, Unix milliseconds; 0 if the tick names none
}

// TickEventType is the CloudEvent type of a tick: that of Knative's PingSource.
const TickEventType = "dev.knative.sources.ping"

// Scheduler sends the ticks of jobs, as CloudEvents of type TickEventType. A
// schedule belongs to one life of a job. Schedule and Unschedule are idempotent;
// Schedule leaves an existing schedule of the same life as it is.
type Scheduler interface {
	Schedule(ctx context.Context, spec job.Spec) error
	// Unschedule removes the schedule of one life. Life 0 is a schedule that
	// names none, as earlier versions of the program made them.
	Unschedule(ctx context.Context, id job.ID, life int64) error
	// List returns up to limit schedules in the order of ListOrder, and the
	// cursor of the next page, "" at the end. after is the cursor of the page
	// before, "" for the first page. A schedule that is being removed is not
	// listed.
	List(ctx context.Context, after string, limit int) ([]Scheduled, string, error)
}

// Scheduled is an existing schedule.
type Scheduled struct {
	ID   job.ID
	Life int64  // 0 if it names none
	Cron string // "" if the object was not made by kubejobs, whatever its name
}

// ListOrder returns the key by which stores and schedulers order their lists, so
// that the sweep can walk both side by side. It is not the id itself: the names
// of schedules are the id, a point and the life, and "a-b" sorts before "a.".
func ListOrder(id job.ID) string { return string(id) + "." }

// Broadcaster delivers notices to all publishers, which are independent of the
// Controller's list and of one another: one that fails neither delays the
// others nor loses what they get. Broadcast returns within about half a second;
// a delivery that takes longer may still be on its way.
type Broadcaster interface {
	Broadcast(ctx context.Context, n Notice) []Delivery
}

// Actuator sets how many replicas a controlled job has.
type Actuator interface {
	// Scale makes the target of a job ask for the replicas of an order. It is idempotent,
	// and makes at most one change. An order that others have overtaken changes nothing:
	// the error is of kind conflict then. The error of a target that does not exist is of
	// kind not found, and of kind refused if another attempt cannot succeed before
	// somebody changes a setting or a Role.
	Scale(ctx context.Context, spec job.Spec, order job.Order) error
}

// Fleets reads the replicas of targets other than the Job of the job's id.
type Fleets interface {
	// Fleet returns the replicas of a target with one request. The error of a target
	// that does not exist is of kind not found.
	Fleet(ctx context.Context, target job.Target) (job.Fleet, error)
}
