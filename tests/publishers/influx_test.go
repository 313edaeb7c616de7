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

// measurements are the four, as Asperathos' dashboards query them.
var measurements = []string{"application_progress_error", "job_progress", "time_progress", "job_parallelism"}

// stored is how many points of a job each measurement of a database has.
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

// each is the same number for each measurement.
func each(count int) map[string]string {
	want := map[string]string{}
	for _, measurement := range measurements {
		want[measurement] = strconv.Itoa(count)
	}
	return want
}

// Every job's samples are in the program's InfluxDB, where the dashboard's
// query finds their means; a job that names another has them there.
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
	for id, place := range map[string]*influxtest.Server{"plain": own, "detailed": other, "visual": other} {
		name := "asperathos"
		if place == other {
			name = "theirs"
		}
		if diff := cmp.Diff(each(10), stored(place, name, id)); diff != "" {
			t.Errorf("points of %s (-want +got):\n%s", id, diff)
		}
		if got := w.Published(id); got != 10 {
			t.Errorf("%d samples of %s published, want 10", got, id)
		}
	}
	if diff := cmp.Diff(each(0), stored(own, "asperathos", "detailed")); diff != "" {
		t.Errorf("points in the wrong InfluxDB (-want +got):\n%s", diff)
	}
	means(t, own)
}

// means asks as the Visualizer's dashboard does: ten samples from 2 to 20 s,
// half of the six items done less one in flight.
func means(t *testing.T, server *influxtest.Server) {
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

// While InfluxDB is away, hangs or refuses, sampling goes on and the job's
// status says so; when it is back it gets what it missed, each point once.
func TestInfluxDBAway(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		leave, back func(*influxtest.Server)
		want        string
	}{
		"not there": {
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
			test.leave(server)
			at := 3
			proctest.Until(t, "the failure to be in the status", func() bool {
				run(w, "a", at, at)
				at++
				return w.Status("a").Publishers["influxdb"].Failing
			})
			if got := w.Status("a").Publishers["influxdb"].LastError; !strings.Contains(got, test.want) {
				t.Errorf("last error %q, want %q in it", got, test.want)
			}
			test.back(server)
			proctest.Until(t, "every sample to be in InfluxDB", func() bool {
				run(w, "a", at, at)
				at++
				return stored(server, "asperathos", "a")["job_progress"] == strconv.Itoa(at-1)
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

// Whatever is wrong with one publisher, the others get every sample.
func TestPublishersFailAlone(t *testing.T) {
	t.Parallel()
	deaf, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	tests := map[string]struct {
		settings map[string]string // beside the good ones
		failing  string
	}{
		"a sink that hangs":            {map[string]string{"EVENTS_SINK": "http://" + deaf.Addr().String()}, "cloudevents"},
		"a sink that is not there":     {map[string]string{"EVENTS_SINK": "http://127.0.0.1:9"}, "cloudevents"},
		"an InfluxDB that hangs":       {map[string]string{"INFLUX_URL": "http://" + deaf.Addr().String()}, "influxdb"},
		"an InfluxDB without database": {map[string]string{"INFLUX_DATABASE": "nowhere"}, "influxdb"},
		"a collector that is not there": {map[string]string{
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
					t.Errorf("%s: %+v, want %q to fail alone", publisher, state, test.failing)
				}
			}
			if test.failing != "" && len(states) != 1 {
				t.Errorf("failing: %v, want %q", states, test.failing)
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
