package influx_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http/httputil"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/publish/influx"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/influxtest"
)

// measurements returns the names that dashboards read.
func measurements() []string {
	return []string{"application_progress_error", "job_progress", "time_progress", "job_parallelism"}
}

// begin is the time of the first sample, a multiple of 10 s.
var begin = time.Date(2026, 11, 24, 5, 44, 20, 0, time.UTC)

// samples returns n samples of a job, one every two seconds.
func samples(n int) []sample.Sample {
	all := make([]sample.Sample, n)
	for i := range all {
		elapsed := float64(2*i) / 60
		done := math.Min(1, float64(i)/20)
		all[i] = sample.Sample{
			At: begin.Add(time.Duration(i) * 2 * time.Second).UnixMilli(), Job: done, Time: elapsed, Error: done - elapsed, Replicas: int64(1 + i/5),
		}
	}
	return all
}

// of returns the value of a sample in a measurement.
func of(measurement string, s sample.Sample) float64 {
	return map[string]float64{
		"application_progress_error": s.Error, "job_progress": s.Job, "time_progress": s.Time,
		"job_parallelism": float64(s.Replicas),
	}[measurement]
}

// behind returns a recorder in front of an influxd.
func behind(t *testing.T, server *influxtest.Server) *recorder {
	t.Helper()
	to, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
	return record(t, proxy.ServeHTTP)
}

// The dashboard's query returns the means of what was published, and null where
// nothing was.
func TestDashboard(t *testing.T) {
	t.Parallel()
	server := influxtest.Start(t)
	server.CreateDatabase("asperathos")
	p := publisher(t, influx.Options{URL: server.URL()})
	jobs := map[job.ID][]sample.Sample{"kj-1": samples(15), "kj-2": samples(7)}
	for id, all := range jobs {
		for _, s := range all {
			if _, err := p.Publish(t.Context(), monitor.Notice{Spec: job.Spec{ID: id}, Sample: &s}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, measurement := range measurements() {
		t.Run(measurement, func(t *testing.T) {
			query := fmt.Sprintf(`SELECT mean("value") FROM %q WHERE time > %d AND time < %d GROUP BY time(10s), "job" fill(null)`,
				measurement, begin.UnixNano()-1, begin.Add(40*time.Second).UnixNano())
			series := server.Query("asperathos", query)
			if len(series) != len(jobs) {
				t.Fatalf("%d series, want one for each job: %v", len(series), series)
			}
			for _, one := range series {
				want := means(measurement, jobs[job.ID(one.Tags["job"])], 4)
				if diff := cmp.Diff(want, buckets(t, one), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
					t.Errorf("means of %v (-want +got):\n%s", one.Tags, diff)
				}
			}
		})
	}
}

// means returns the means of samples in the first n periods of 10 s; nil in a
// period without samples.
func means(measurement string, all []sample.Sample, n int) map[int64]*float64 {
	by := map[int64]*float64{}
	for i := range n {
		from := begin.Add(time.Duration(i) * 10 * time.Second).UnixMilli()
		sum, count := 0.0, 0.0
		for _, s := range all {
			if s.At >= from && s.At < from+10_000 {
				sum, count = sum+of(measurement, s), count+1
			}
		}
		by[from] = nil
		if count > 0 {
			mean := sum / count
			by[from] = &mean
		}
	}
	return by
}

// buckets returns the values of a series by their times.
func buckets(t *testing.T, series influxtest.Series) map[int64]*float64 {
	t.Helper()
	by := map[int64]*float64{}
	for _, row := range series.Values {
		at, err := row[0].(json.Number).Int64()
		if err != nil {
			t.Fatal(err)
		}
		by[at] = nil
		if number, ok := row[1].(json.Number); ok {
			value, err := number.Float64()
			if err != nil {
				t.Fatal(err)
			}
			by[at] = &value
		}
	}
	return by
}

func TestStoredAs(t *testing.T) {
	t.Parallel()
	server := influxtest.Start(t)
	server.CreateDatabase("asperathos")
	const host = `a b,c=d"e\f` // needs escaping
	p := publisher(t, influx.Options{URL: server.URL(), Host: host})
	for range 2 { // the same notice twice is one point
		if _, err := p.Publish(t.Context(), notice(nil)); err != nil {
			t.Fatal(err)
		}
	}
	for _, measurement := range measurements() {
		t.Run(measurement, func(t *testing.T) {
			kind := "float"
			if measurement == "job_parallelism" {
				kind = "integer"
			}
			tests := map[string]struct {
				query string
				want  [][]any
			}{
				"field": {`SHOW FIELD KEYS FROM %q`, [][]any{{"value", kind}}},
				"tags":  {`SHOW TAG KEYS FROM %q`, [][]any{{"host"}, {"job"}}},
				"host":  {`SHOW TAG VALUES FROM %q WITH KEY = "host"`, [][]any{{"host", host}}},
				"job":   {`SHOW TAG VALUES FROM %q WITH KEY = "job"`, [][]any{{"job", "kj-1"}}},
				"points": {`SELECT count("value") FROM %q`, [][]any{
					{json.Number("0"), json.Number("1")},
				}},
				"time": {`SELECT "job" AS "j", "value" FROM %q`, [][]any{
					{json.Number("1795499061000"), "kj-1", number(of(measurement, captured))},
				}},
			}
			for name, tt := range tests {
				series := server.Query("asperathos", fmt.Sprintf(tt.query, measurement))
				if len(series) != 1 {
					t.Errorf("%s: %d series, want 1", name, len(series))
					continue
				}
				if diff := cmp.Diff(tt.want, series[0].Values); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
		})
	}
	names := server.Query("asperathos", "SHOW MEASUREMENTS")
	var got []string
	for _, row := range names[0].Values {
		got = append(got, row[0].(string))
	}
	want := slices.Sorted(slices.Values(measurements()))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("measurements (-want +got):\n%s", diff)
	}
}

func number(v float64) json.Number {
	text, _ := json.Marshal(v) // finite
	return json.Number(text)
}

// Each sample is one request, and all use one connection.
func TestOneRequestPerSample(t *testing.T) {
	t.Parallel()
	server := influxtest.Start(t)
	server.CreateDatabase("asperathos")
	own := behind(t, server)
	p := publisher(t, influx.Options{URL: own.URL})
	all := samples(40)
	for _, s := range all {
		if _, err := p.Publish(t.Context(), monitor.Notice{Spec: job.Spec{ID: "kj-1"}, Sample: &s}); err != nil {
			t.Fatal(err)
		}
	}
	requests, connections := own.seen()
	if len(requests) != len(all) || connections != 1 {
		t.Errorf("%d requests over %d connections, want %d over 1", len(requests), connections, len(all))
	}
	for _, measurement := range measurements() {
		series := server.Query("asperathos", fmt.Sprintf(`SELECT count("value") FROM %q`, measurement))
		if len(series) != 1 || series[0].Values[0][1] != json.Number("40") {
			t.Errorf("%s holds %v, want %d points", measurement, series, len(all))
		}
	}
}
