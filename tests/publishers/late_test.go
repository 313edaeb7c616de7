package publishers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/testkit/influxtest"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/tests/world"
)

// InfluxDB is back only after the job's last tick. Once it has the samples, the status
// says so, without another tick; if it refuses them, the status says that.
func TestInfluxDBReturnsAfterTheEnd(t *testing.T) {
	t.Parallel()
	finish := func(w *world.World) {
		w.Fill(0, 0, 6)
		run(w, "a", 4, 4)
	}
	tests := map[string]struct {
		end     func(*world.World)
		drop    bool // the database is gone when InfluxDB returns
		points  int
		failing bool
		text    string
	}{
		"the job finished":            {finish, false, 4, false, "does not answer"},
		"a caller stopped the job":    {func(w *world.World) { w.Call(http.MethodPut, "/monitoring/a/stop", "") }, false, 3, false, "does not answer"},
		"and refuses what had waited": {finish, true, 0, true, "no such database"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := influxtest.Start(t)
			if !tt.drop {
				server.CreateDatabase("asperathos")
			}
			w := open(t, map[string]string{"INFLUX_URL": server.URL()})
			w.Fill(6, 0, 0)
			start(w, "a", "")
			server.Stop()
			run(w, "a", 1, 3)
			tt.end(w)
			if got := w.Status("a"); got.Phase.Living() || !got.Publishers["influxdb"].Failing {
				t.Fatalf("%s, %+v, want a job that ended with a failing publisher", got.Phase, got.Publishers)
			}
			server.Restart()
			proctest.Until(t, "the status to say what became of the samples", func() bool {
				p := w.Status("a").Publishers["influxdb"]
				return p.Failing == tt.failing && strings.Contains(p.LastError, tt.text)
			})
			if tt.drop {
				return
			}
			if diff := cmp.Diff(each(tt.points), stored(server, "asperathos", "a")); diff != "" {
				t.Errorf("points (-want +got):\n%s", diff)
			}
		})
	}
}
