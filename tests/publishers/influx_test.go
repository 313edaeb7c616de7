package publishers_test

import (
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/testkit/influxtest"
	"kubejobs/shared/testkit/proctest"
)

// measurements are the four measurements that Asperathos' dashboards query.
var measurements = []string{"application_progress_error", "job_progress", "time_progress", "job_parallelism"}

// stored returns the number of points of a job in each measurement of a database.
func stored(server *influxtest.Server, database, id string) map[string]string {
	got := map[string]string{}
	for _, measurement := range measurements {
		got[measurement] = "0"
		for _, series := range server.Query(database, fmt.Sprintf(`SELECT count("value") FROM %q WHERE "job" = '%s'`, measurement, id)) {
			got[measurement] = fmt.Sprint(series.Values[0][1])
		}
	}
	return got
}

// each returns the same number for each measurement.
func each(count int) map[string]string {
	want := map[string]string{}
	for _, measurement := range measurements {
		want[measurement] = strconv.Itoa(count)
	}
	return want
}

// The samples of a job are in the program's InfluxDB, where the query of Asperathos'
// dashboard finds their means, or in the InfluxDB that the job names.
func TestInfluxDB(t *testing.T) {
	t.Parallel()
	own, other := influxtest.Start(t), influxtest.Start(t)
	own.CreateDatabase("asperathos")
	other.CreateDatabase("theirs")
	w := open(t, map[string]string{"INFLUX_URL": own.URL()})
	w.Fill(3, 1, 2)
	database := func(flag string) string {
		return fmt.Sprintf(`,"datasource_type":"influxdb","database_data":{"url":"127.0.0.1","port":%d,"name":"theirs"},%q:true`,
			other.Port(), flag)
	}
	start(w, "plain", "")
	start(w, "detailed", database("enable_detailed_report"))
	start(w, "visual", database("enable_visualizer"))
	for _, id := range []string{"plain", "detailed", "visual"} {
		run(w, id, 1, 10)
	}
	for id, server := range map[string]*influxtest.Server{"plain": own, "detailed": other, "visual": other} {
		name := "asperathos"
		if server == other {
			name = "theirs"
		}
		if diff := cmp.Diff(each(10), stored(server, name, id)); diff != "" {
			t.Errorf("points of %s (-want +got):\n%s", id, diff)
		}
		if got := w.Published(id); got != 10 {
			t.Errorf("%d samples of %s published, want 10", got, id)
		}
	}
	if diff := cmp.Diff(each(0), stored(own, "asperathos", "detailed")); diff != "" {
		t.Errorf("points in the wrong InfluxDB (-want +got):\n%s", diff)
	}
	checkMeans(t, own)
}

// checkMeans runs the query of the Visualizer's dashboard. There are ten samples, from
// 2 to 20 s, with two of six items done and one in flight.
func checkMeans(t *testing.T, server *influxtest.Server) {
	t.Helper()
	got := map[string]string{}
	for _, measurement := range measurements {
		series := server.Query("asperathos", fmt.Sprintf(
			`SELECT mean("value") FROM %q WHERE time >= '2026-11-24T12:00:00Z' AND time < '2026-11-24T12:00:30Z' GROUP BY time(10s), "job" fill(null)`,
			measurement))
		if len(series) != 1 || series[0].Tags["job"] != "plain" {
			t.Fatalf("%s: %+v, want the series of one job", measurement, series)
		}
		var values []string
		for _, row := range series[0].Values {
			if row[1] == nil {
				continue
			}
			value, err := row[1].(json.Number).Float64()
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, fmt.Sprintf("%.4f", value))
		}
		got[measurement] = strings.Join(values, " ")
	}
	want := map[string]string{ // of the seconds 2 4 6 8, then 10 … 18, then 20
		"job_progress":               "0.3333 0.3333 0.3333",
		"time_progress":              "0.0833 0.2333 0.3333",
		"application_progress_error": "0.2500 0.1000 0.0000",
		"job_parallelism":            "1.0000 1.0000 1.0000",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("means of ten seconds each (-want +got):\n%s", diff)
	}
}

// While InfluxDB is stopped or hangs, sampling continues and the job's status shows the
// error. Afterwards InfluxDB gets the missed samples, each once.
func TestInfluxDBOutage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		interrupt, restore func(*influxtest.Server)
		want               string
	}{
		"stopped": {
			func(s *influxtest.Server) { s.Stop() }, func(s *influxtest.Server) { s.Restart() }, "does not answer",
		},
		"hangs": {
			func(s *influxtest.Server) { s.Pause() }, func(s *influxtest.Server) { s.Resume() }, "does not answer",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := influxtest.Start(t)
			server.CreateDatabase("asperathos")
			w := open(t, map[string]string{"INFLUX_URL": server.URL()})
			w.Fill(6, 0, 0)
			start(w, "a", "")
			run(w, "a", 1, 2)
			test.interrupt(server)
			at := 3
			proctest.Until(t, "the status shows the failure", func() bool {
				run(w, "a", at, at)
				at++
				return w.Status("a").Publishers["influxdb"].Failing
			})
			if got := w.Status("a").Publishers["influxdb"].LastError; !strings.Contains(got, test.want) {
				t.Errorf("last error %q, want %q in it", got, test.want)
			}
			test.restore(server)
			// The status learns of a success at the next tick.
			proctest.Until(t, "every sample is in InfluxDB, and the status says so", func() bool {
				run(w, "a", at, at)
				at++
				return stored(server, "asperathos", "a")["job_progress"] == strconv.Itoa(at-1) && !w.Status("a").Publishers["influxdb"].Failing
			})
			if diff := cmp.Diff(each(at-1), stored(server, "asperathos", "a")); diff != "" {
				t.Errorf("points (-want +got):\n%s", diff)
			}
			if got := w.Published("a"); got != int64(at-1) {
				t.Errorf("%d samples published, want %d", got, at-1)
			}
			run(w, "a", at, at) // the points may have been sent between two ticks
			if w.Status("a").Publishers["influxdb"].Failing {
				t.Error("the publisher is still failing after a delivered sample")
			}
		})
	}
}

// While one publisher fails, the others get every sample.
func TestPublishersFailIndependently(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // connects and does not answer
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	tests := map[string]struct {
		settings map[string]string // added to those that work
		failing  string
	}{
		"a sink that hangs":                {map[string]string{"EVENTS_SINK": "http://" + silent.Addr().String()}, "cloudevents"},
		"an unreachable sink":              {map[string]string{"EVENTS_SINK": "http://127.0.0.1:9"}, "cloudevents"},
		"an InfluxDB that hangs":           {map[string]string{"INFLUX_URL": "http://" + silent.Addr().String()}, "influxdb"},
		"an InfluxDB without the database": {map[string]string{"INFLUX_DATABASE": "nowhere"}, "influxdb"},
		"an unreachable collector": {map[string]string{
			"OTEL_TRACES_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "otlp",
		}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := influxtest.Start(t)
			server.CreateDatabase("asperathos")
			r := newReceiver(t)
			settings := map[string]string{"INFLUX_URL": server.URL(), "EVENTS_SINK": "http://" + r.addr}
			for name, value := range test.settings {
				settings[name] = value
			}
			w := open(t, settings)
			w.Fill(6, 0, 0)
			start(w, "a", "")
			run(w, "a", 1, 5)
			if got := w.Published("a"); got != 5 {
				t.Errorf("%d samples published, want 5", got)
			}
			states := w.Status("a").Publishers
			for publisher, state := range states {
				if publisher != test.failing || !state.Failing {
					t.Errorf("%s: %+v, want only %q to fail", publisher, state, test.failing)
				}
			}
			if test.failing != "" && len(states) != 1 {
				t.Errorf("got %v, want that %q fails", states, test.failing)
			}
			if test.failing != "influxdb" {
				if diff := cmp.Diff(each(5), stored(server, "asperathos", "a")); diff != "" {
					t.Errorf("points (-want +got):\n%s", diff)
				}
			}
			if got := len(r.got("a")); test.failing != "cloudevents" && got != 6 {
				t.Errorf("%d events, want five samples and started", got)
			}
		})
	}
}
