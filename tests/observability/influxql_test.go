package observability_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/testkit/influxtest"
)

// Each job has two points within one interval. The panels show their mean, or the last
// one.
func TestInfluxDBAnswersEachPanel(t *testing.T) {
	t.Parallel()
	db := runInfluxDB(t)
	at := time.Now().Truncate(10 * time.Second).Add(-time.Minute).UnixMilli()
	measurements := []string{"application_progress_error", "job_progress", "time_progress", "job_parallelism"}
	for i, job := range []job.ID{"demo", "demo-2", "demo-20"} {
		j := float64(i)
		db.write(t, job,
			sample.Sample{At: at, Error: j, Job: 10 + j, Time: 20 + j, Replicas: 30 + int64(i)},
			sample.Sample{At: at + 2000, Error: j + 1, Job: 11 + j, Time: 21 + j, Replicas: 31 + int64(i)})
	}
	shown := map[string]bool{}
	for _, panel := range panels(t, "influxdb") {
		for _, target := range panel.Targets {
			got := db.Query(database, influxVariables.Replace(target.Query))
			i := -1
			for n, measurement := range measurements {
				if strings.Contains(target.Query, `"`+measurement+`"`) {
					i, shown[measurement] = n, true
				}
			}
			value := 0.5 // the mean
			if strings.Contains(target.Query, "last(") {
				value = 1
			}
			want := map[string]float64{"demo": float64(10*i) + value, "demo-2": float64(10*i+1) + value}
			if diff := cmp.Diff(want, byJob(t, got)); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", panel.Title, target.Query, diff)
			}
		}
	}
	if len(shown) != len(measurements) {
		t.Errorf("the panels show %v, want all of %v", shown, measurements)
	}
}

// influxVariables replaces the variables in a query, as Grafana does if two jobs are
// selected.
var influxVariables = strings.NewReplacer("$timeFilter", "time >= now() - 1h and time <= now()", "$__interval", "10s", "$job", "(demo|demo-2)")

// byJob returns the only value in the series of each job.
func byJob(t *testing.T, all []influxtest.Series) map[string]float64 {
	t.Helper()
	values := map[string]float64{}
	for _, s := range all {
		if len(s.Values) != 1 {
			t.Fatalf("got %v of %v, want one value", s.Values, s.Tags)
		}
		value, err := s.Values[0][1].(json.Number).Float64()
		if err != nil {
			t.Fatal(err)
		}
		values[s.Tags["job"]] = value
	}
	return values
}

func TestInfluxDBListsTheJobs(t *testing.T) {
	t.Parallel()
	db := runInfluxDB(t)
	for _, job := range []job.ID{"demo", "demo-2"} {
		db.write(t, job, sample.Sample{At: time.Now().UnixMilli()})
	}
	for _, variable := range variables(t, "influxdb") {
		if variable.Type != "query" {
			continue
		}
		got := db.Query(database, variable.Definition)
		if len(got) != 1 {
			t.Fatalf("%s: %v, want one series", variable.Definition, got)
		}
		if diff := cmp.Diff([][]any{{"job", "demo"}, {"job", "demo-2"}}, got[0].Values); diff != "" {
			t.Errorf("%s (-want +got):\n%s", variable.Definition, diff)
		}
	}
}
