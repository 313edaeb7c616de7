package observability_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// database is where Asperathos' Visualizer looks.
const database = "asperathos"

// Two points of each job within one interval, whose mean is shown.
func TestInfluxDBAnswersEachPanel(t *testing.T) {
	t.Parallel()
	db := runInfluxDB(t)
	if _, err := db.query(t, database, "CREATE DATABASE "+database); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Truncate(10 * time.Second).Add(-time.Minute).UnixMilli()
	measurements := []string{"application_progress_error", "job_progress", "time_progress", "job_parallelism"}
	for i, measurement := range measurements {
		for j, job := range []string{"demo", "demo-2", "demo-20"} {
			first := float64(10*i + j)
			db.write(t, database,
				fmt.Sprintf("%s,job=%s,host=tick value=%g %d", measurement, job, first, at),
				fmt.Sprintf("%s,job=%s,host=tick value=%g %d", measurement, job, first+1, at+2000))
		}
	}
	shown := map[string]bool{}
	for _, panel := range panels(t, "influxdb") {
		for _, target := range panel.Targets {
			got, err := db.query(t, database, influxVariables.Replace(target.Query))
			if err != nil {
				t.Errorf("%s: %v", panel.Title, err)
				continue
			}
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
		t.Errorf("got %v, want all of %v", shown, measurements)
	}
}

// influxVariables replaces Grafana's as Grafana does with two jobs chosen.
var influxVariables = strings.NewReplacer("$timeFilter", "time >= now() - 1h and time <= now()", "$__interval", "10s", "$job", "(demo|demo-2)")

// byJob is the one value of each job's series.
func byJob(t *testing.T, all []series) map[string]float64 {
	t.Helper()
	values := map[string]float64{}
	for _, s := range all {
		if len(s.Values) != 1 {
			t.Fatalf("got %v of %v, want one value", s.Values, s.Tags)
		}
		values[s.Tags["job"]], _ = s.Values[0][1].(float64)
	}
	return values
}

func TestInfluxDBKnowsTheJobs(t *testing.T) {
	t.Parallel()
	db := runInfluxDB(t)
	if _, err := db.query(t, database, "CREATE DATABASE "+database); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UnixMilli()
	db.write(t, database, fmt.Sprintf("application_progress_error,job=demo,host=tick value=0 %d", now),
		fmt.Sprintf("application_progress_error,job=demo-2,host=tick value=0 %d", now))
	for _, variable := range variables(t, "influxdb") {
		if variable.Type != "query" {
			continue
		}
		got, err := db.query(t, database, variable.Definition)
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %v, %v", variable.Definition, got, err)
		}
		if diff := cmp.Diff([][]any{{"job", "demo"}, {"job", "demo-2"}}, got[0].Values); diff != "" {
			t.Errorf("%s (-want +got):\n%s", variable.Definition, diff)
		}
	}
}
