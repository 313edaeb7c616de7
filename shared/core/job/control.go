package job

import "time"

// Actuators are what sets the number of a job's replicas.
const (
	// ActuatorKubernetes changes the Target in Kubernetes.
	ActuatorKubernetes = "kubernetes"
	// ActuatorRedis writes the number to ReplicasKey in the job's own Redis, where a
	// supervisor of the workers reads it.
	ActuatorRedis = "redis"
)

// Kinds of a Target.
const (
	KindJob         = "Job"
	KindDeployment  = "Deployment"
	KindStatefulSet = "StatefulSet"
)

// Defaults of a Control.
const (
	DefaultMaxReplicas = 20
	DefaultConfidence  = 0.9
)

// HumanHold is how long the number of replicas that somebody else asked for is
// respected.
const HumanHold = 10 * time.Minute

// Control says how the number of a job's replicas is controlled.
type Control struct {
	Min        int64   `json:"min_replicas"` // >= 1
	Max        int64   `json:"max_replicas"` // >= Min
	Confidence float64 `json:"confidence"`   // the probability of meeting the deadline to aim at
	Graceful   bool    `json:"graceful"`     // a worker that is removed completes its item first
	Actuator   string  `json:"actuator"`
	Target     *Target `json:"target,omitempty"` // of ActuatorKubernetes
}

// Target is the object in Kubernetes, in the namespace of the Jobs, whose pods are the
// replicas of a job.
type Target struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// String returns the kind and the name.
func (t Target) String() string { return t.Kind + " " + t.Name }

// Completed returns the control of a job with that many items, with the defaults in
// place of zero fields. actuator is that of a control that names none.
func (c Control) Completed(id ID, items int64, actuator string) *Control {
	if c.Min == 0 {
		c.Min = 1
	}
	if c.Max == 0 {
		c.Max = max(c.Min, min(items, DefaultMaxReplicas))
	}
	if c.Confidence == 0 {
		c.Confidence = DefaultConfidence
	}
	if c.Actuator == "" {
		c.Actuator = actuator
	}
	if c.Actuator != ActuatorKubernetes {
		c.Target = nil
		return &c
	}
	target := Target{Kind: KindJob, Name: string(id)}
	if c.Target != nil && c.Target.Kind != "" {
		target.Kind = c.Target.Kind
	}
	if c.Target != nil && c.Target.Name != "" {
		target.Name = c.Target.Name
	}
	c.Target = &target
	return &c
}

// ScalesOther reports whether the replicas of a controlled job are the pods of another
// object than the Job of its id.
func (s Spec) ScalesOther() bool {
	return s.Control != nil && s.Control.Target != nil && *s.Control.Target != Target{Kind: KindJob, Name: string(s.ID)}
}

// ReplicasKey returns the key, in database 0 of the job's own Redis, of the number of
// replicas that a job should have.
func ReplicasKey(id ID) string { return string(id) + ":replicas" }

// ReplicasOrderKey returns the key of what is remembered of that number. On a Redis
// Cluster it has the same hash slot.
func ReplicasOrderKey(id ID) string { return "{" + ReplicasKey(id) + "}:order" }
