package publishers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/testkit/influxtest"
	"kubejobs/shared/testkit/proctest"
)

// A database to which InfluxDB cannot write, and says so with 500, delays no sample for
// another database of the same server, and is shown in its job's status only.
func TestFaultyDatabaseOfASharedServer(t *testing.T) {
	t.Parallel()
	server := influxtest.Start(t)
	server.CreateDatabase("asperathos")
	server.CreateDatabase("faulty")
	server.Query("faulty", `DROP RETENTION POLICY "autogen" ON "faulty"`)
	w := openDefault(t, map[string]string{"INFLUX_URL": server.URL(), "METRICS": "true"})
	w.Fill(6, 0, 0)
	start(w, "sound", "")
	for i := range 5 {
		start(w, fmt.Sprint("sick-", i), fmt.Sprintf(`,"enable_visualizer":true,"database_data":{"url":"127.0.0.1","port":%d,"name":"faulty"}`, server.Port()))
	}
	for at := 1; at <= 10; at++ {
		for i := range 5 {
			run(w, fmt.Sprint("sick-", i), at, at)
		}
		run(w, "sound", at, at)
	}
	proctest.Until(t, "the samples of the sound job", func() bool {
		return cmp.Equal(each(10), stored(server, "asperathos", "sound"))
	})
	if got := w.Status("sound").Publishers["influxdb"]; strings.Contains(got.LastError, "faulty") {
		t.Errorf("the sound job: %+v, want nothing of the other database", got)
	}
	sick := w.Status("sick-0").Publishers["influxdb"]
	if !sick.Failing || !strings.HasSuffix(sick.LastError, "/faulty answers 500: the database has no retention policy") {
		t.Errorf("the sick job: %+v, want failing", sick)
	}
	if got := metric(t, w, `kubejobs_publisher_circuit_open{publisher="influxdb"}`); got != 0 {
		t.Errorf("%d circuits open, want none: %s", got, w.Call(http.MethodGet, "/metrics", "").Body)
	}
}
