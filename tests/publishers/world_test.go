// Package publishers_test runs the functions with real destinations of samples and
// events.
package publishers_test

import (
	"maps"
	"testing"
	"time"

	"kubejobs/functions"
	"kubejobs/shared/drivers/publish"
	"kubejobs/tests/world"
)

// open opens a world in which three failures end a job, and the circuit of a failing
// publisher is open for only 20 ms.
func open(t *testing.T, settings map[string]string) *world.World {
	t.Helper()
	all := map[string]string{"RETRIES": "3", "FAIL_AFTER": "0s"}
	maps.Copy(all, settings)
	return world.Open(t, all, world.Options{
		Functions: functions.Options{Publish: publish.Options{Rest: 20 * time.Millisecond}},
	})
}

// start starts a job of six items. info holds the other fields of plugin_info.
func start(w *world.World, id, info string) {
	w.Start(id, `"expected_time":60,"number_of_jobs":6`+info)
}

// run ticks a job every two seconds, from 2*from to 2*to seconds after the start.
func run(w *world.World, id string, from, to int) {
	for i := from; i <= to; i++ {
		w.At(time.Duration(2*i) * time.Second)
		w.Tick(id)
	}
}
