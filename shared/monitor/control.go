package monitor

import (
	"maps"
	"slices"
	"strings"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// checkControl returns an error if this program cannot scale a job as a request asks.
func (s *Service) checkControl(r Request) error {
	if r.Control == nil {
		return nil
	}
	known := slices.Sorted(maps.Keys(s.actuators))
	asked := r.Control.Actuator
	switch {
	case len(known) == 0:
		return failure.InvalidField("plugin_info.control", "this program cannot scale jobs")
	case asked != "" && !slices.Contains(known, asked):
		return failure.InvalidField("plugin_info.control.actuator", "this program has only %s", strings.Join(known, ", "))
	case r.Control.Target != nil && s.defaultActuator() != job.ActuatorKubernetes:
		return failure.InvalidField("plugin_info.control.target", "this program changes nothing in Kubernetes")
	}
	return nil
}

// defaultActuator returns the actuator of a job whose request names none.
func (s *Service) defaultActuator() string {
	if _, ok := s.actuators[job.ActuatorKubernetes]; ok {
		return job.ActuatorKubernetes
	}
	return job.ActuatorRedis
}
