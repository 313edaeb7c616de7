package job_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
)

func TestCompletedControl(t *testing.T) {
	t.Parallel()
	own := &job.Target{Kind: "Job", Name: "a"}
	tests := map[string]struct {
		asked    job.Control
		items    int64
		actuator string
		want     job.Control
	}{
		"nothing asked": {job.Control{}, 600, "kubernetes", job.Control{Min: 1, Max: 20, Confidence: .9, Actuator: "kubernetes", Target: own}},
		"few items":     {job.Control{}, 3, "redis", job.Control{Min: 1, Max: 3, Confidence: .9, Actuator: "redis"}},
		"many at least": {job.Control{Min: 30}, 600, "redis", job.Control{Min: 30, Max: 30, Confidence: .9, Actuator: "redis"}},
		"more at least than items": {
			job.Control{Min: 5}, 3, "redis", job.Control{Min: 5, Max: 5, Confidence: .9, Actuator: "redis"},
		},
		"more than items": {job.Control{Max: 50}, 3, "redis", job.Control{Min: 1, Max: 50, Confidence: .9, Actuator: "redis"}},
		"Redis asked":     {job.Control{Actuator: "redis"}, 9, "kubernetes", job.Control{Min: 1, Max: 9, Confidence: .9, Actuator: "redis"}},
		"half a target": {
			job.Control{Target: &job.Target{Kind: "Deployment"}},
			9, "kubernetes",
			job.Control{Min: 1, Max: 9, Confidence: .9, Actuator: "kubernetes", Target: &job.Target{Kind: "Deployment", Name: "a"}},
		},
		"the other half": {
			job.Control{Target: &job.Target{Name: "b"}},
			9, "kubernetes",
			job.Control{Min: 1, Max: 9, Confidence: .9, Actuator: "kubernetes", Target: &job.Target{Kind: "Job", Name: "b"}},
		},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(&tt.want, tt.asked.Completed("a", tt.items, tt.actuator)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
