package bench_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"kubejobs/shared/testkit/influxtest"
)

// BenchmarkPublishers measures one tick with each publisher. InfluxDB is a real
// one; the events' sink and the collector accept everything.
func BenchmarkPublishers(b *testing.B) {
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // an error means that the sender is gone
		w.WriteHeader(http.StatusAccepted)
	}))
	b.Cleanup(sink.Close)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // an error means that the sender is gone
	}))
	b.Cleanup(collector.Close)
	influxd := influxtest.Start(b)
	influxd.CreateDatabase("asperathos")
	b.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf") // for the SDK
	for _, bm := range []struct {
		name     string
		settings map[string]string
	}{
		{"none", nil},
		{"influxdb", map[string]string{"INFLUX_URL": influxd.URL()}},
		{"cloudevents", map[string]string{"EVENTS_SINK": sink.URL}},
		{"metrics", map[string]string{"METRICS": "true"}},
		{"traces", map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL}},
		{"all", map[string]string{
			"INFLUX_URL": influxd.URL(), "EVENTS_SINK": sink.URL, "METRICS": "true",
			"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL,
		}},
		{"influxdb unreachable", map[string]string{"INFLUX_URL": "http://127.0.0.1:9"}},
		{"sink unreachable", map[string]string{"EVENTS_SINK": "http://127.0.0.1:9"}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			for name, value := range bm.settings {
				if name == "OTEL_EXPORTER_OTLP_ENDPOINT" {
					b.Setenv(name, value) // for the SDK
				}
			}
			handler, queue := open(b, bm.settings)
			tickOneJob(b, handler, queue)
		})
	}
}
