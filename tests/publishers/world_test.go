// Package publishers_test runs the functions against the real places that
// samples and events go to.
package publishers_test

import (
	"maps"
	"testing"
	"time"

	"kubejobs/functions"
	"kubejobs/shared/drivers/publish"
	"kubejobs/tests/world"
)

// open opens a world where three failures end a job, and a publisher that fails
// is soon tried again.
func open(t *testing.T, settings map[string]string) *world.World {
	t.Helper()
	all := map[string]string{"RETRIES": "3", "FAIL_AFTER": "0s"}
	maps.Copy(all, settings)
	return world.Open(t, all, world.Options{
		Functions: functions.Options{Publish: publish.Options{Rest: 20 * time.Millisecond}},
	})
}

// start monitors a job of six items; info is further fields of plugin_info.
func start(w *world.World, id, info string) {
	w.Start(id, `"expected_time":60,"number_of_jobs":6`+info)
}

// run ticks a job once every two seconds, from the second 2*from to 2*to.
func run(w *world.World, id string, from, to int) {
	for i := from; i <= to; i++ {
		w.At(time.Duration(2*i) * time.Second)
		w.Tick(id)
	}
}
