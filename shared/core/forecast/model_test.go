package forecast_test

import (
	"testing"
	"time"

	"kubejobs/shared/core/forecast"
)

func TestModelOfASteadyJob(t *testing.T) {
	t.Parallel()
	c := folded(steady(1000, 10, 100, 2*time.Second)) // 198 s: 490 items done
	m := again(t, c).Model()
	if m == nil {
		t.Fatal("no model")
	}
	now := time.UnixMilli(c.Last.At)
	finish := m.Finish(forecast.Fleet{Replicas: 10}, .1, .5, .9)
	if ahead := finish[1].Sub(now); ahead < 195*time.Second || ahead > 215*time.Second {
		t.Errorf("p50 in %v, want about 204 s", ahead)
	}
	if !finish[0].Before(finish[1]) || !finish[1].Before(finish[2]) {
		t.Errorf("finish %v", finish)
	}
	need := m.Needed(finish[1].Sub(now), .9, 1, 100, false)
	if !need.Met || need.Replicas < 10 || need.Replicas > 13 {
		t.Errorf("needed %+v", need)
	}
}
