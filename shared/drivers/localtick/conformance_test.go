package localtick_test

import (
	"testing"

	"kubejobs/shared/drivers/localtick"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

func TestScheduler(t *testing.T) {
	t.Parallel()
	monitortest.RunScheduler(t, func(t *testing.T) monitor.Scheduler {
		t.Helper()
		return newScheduler(t.Context(), t, localtick.Options{Sink: "http://127.0.0.1:1/"})
	})
}
