package start

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"kubejobs/shared/core/dnslabel"
	"kubejobs/shared/core/job"
)

// Bounds of plugin_info.control.
const (
	maxReplicas   = 10_000
	minConfidence = 0.5
	maxConfidence = 0.999
	maxObjectName = 253 // characters, as in Kubernetes
)

var (
	controlFields = []string{"min_replicas", "max_replicas", "confidence", "graceful", "actuator", "target"}
	targetFields  = []string{"kind", "name"}
	actuators     = []string{job.ActuatorKubernetes, job.ActuatorRedis}
	targetKinds   = []string{job.KindJob, job.KindDeployment, job.KindStatefulSet}
)

// control reads how the replicas of the job are controlled; nil if they are not. What
// is omitted stays zero.
func (r *reader) control() *job.Control {
	if r.object["control"] == nil {
		return nil
	}
	c := r.sub("control")
	read := job.Control{
		Min: c.whole("min_replicas", 1, maxReplicas), Max: c.whole("max_replicas", 1, maxReplicas),
		Confidence: c.number("confidence", minConfidence, maxConfidence), Graceful: c.flag("graceful"),
		Actuator: c.oneOf("actuator", actuators),
	}
	if read.Max != 0 && read.Max < read.Min {
		c.wrong("max_replicas", fmt.Sprintf("at least min_replicas, %d", read.Min))
	}
	read.Target = c.target()
	if read.Target != nil && read.Actuator == job.ActuatorRedis {
		c.bad("target", "want none, as the actuator redis changes nothing in Kubernetes")
	}
	r.problems = append(r.problems, c.problems...)
	return &read
}

// target reads the object whose pods are the replicas; nil if none is named.
func (r *reader) target() *job.Target {
	if r.object["target"] == nil {
		return nil
	}
	t := r.sub("target")
	read := job.Target{Kind: t.oneOf("kind", targetKinds), Name: t.objectName("name")}
	r.problems = append(r.problems, t.problems...)
	return &read
}

// objectName reads the name of an object in Kubernetes: DNS labels with points between
// them.
func (r *reader) objectName(field string) string {
	name := r.text(field)
	wrong := func(label string) bool { return !dnslabel.Valid(label) }
	if _, given := r.object[field].(string); given &&
		(len(name) > maxObjectName || slices.ContainsFunc(strings.Split(name, "."), wrong)) {
		r.wrong(field, fmt.Sprintf("the name of an object in Kubernetes, at most %d of a-z, 0-9, - and .", maxObjectName))
		return ""
	}
	return name
}

// oneOf reads one of some texts.
func (r *reader) oneOf(field string, texts []string) string {
	text := r.text(field)
	if _, given := r.object[field].(string); given && !slices.Contains(texts, text) {
		r.wrong(field, "one of "+list(texts))
		return ""
	}
	return text
}

// number reads a number from low to high, which may have a fraction.
func (r *reader) number(field string, low, high float64) float64 {
	if r.object[field] == nil {
		return 0
	}
	if number, ok := r.object[field].(json.Number); ok {
		if value, err := number.Float64(); err == nil && value >= low && value <= high {
			return value
		}
	}
	r.wrong(field, fmt.Sprintf("a number from %v to %v", low, high))
	return 0
}
