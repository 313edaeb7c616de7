package monitor_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/failuretest"
	"kubejobs/shared/testkit/monitortest"
)

// A start is refused if the program cannot scale the job as it asks.
func TestControlThatCannotBe(t *testing.T) {
	t.Parallel()
	redis := map[string]monitor.Actuator{job.ActuatorRedis: &monitortest.Actuator{}}
	both := map[string]monitor.Actuator{job.ActuatorRedis: &monitortest.Actuator{}, job.ActuatorKubernetes: &monitortest.Actuator{}}
	tests := map[string]struct {
		actuators map[string]monitor.Actuator
		asked     *job.Control
		want      []string
	}{
		"none asked":                 {nil, nil, nil},
		"no actuator":                {nil, &job.Control{}, []string{"plugin_info.control"}},
		"Redis only":                 {redis, &job.Control{}, nil},
		"Kubernetes without it":      {redis, &job.Control{Actuator: job.ActuatorKubernetes}, []string{"plugin_info.control.actuator"}},
		"a target without it":        {redis, &job.Control{Target: &job.Target{Name: "x"}}, []string{"plugin_info.control.target"}},
		"Kubernetes and its target":  {both, &job.Control{Target: &job.Target{Name: "x"}}, nil},
		"Redis beside Kubernetes":    {both, &job.Control{Actuator: job.ActuatorRedis}, nil},
		"an actuator of another age": {both, &job.Control{Actuator: "keda"}, []string{"plugin_info.control.actuator"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.actuators = tt.actuators
			b.build(nil)
			asked := request("a")
			asked.Control = tt.asked
			_, err := b.service.Start(t.Context(), asked)
			if diff := cmp.Diff(tt.want, failuretest.Fields(t, err)); diff != "" {
				t.Errorf("wrong fields (-want +got):\n%s\n%v", diff, err)
			}
		})
	}
}
