package influx_test

import (
	"net/http"
	"strings"
	"testing"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/publish/influx"
	"kubejobs/shared/testkit/influxtest"
)

func TestRefusedByInfluxd(t *testing.T) {
	t.Parallel()
	server := influxtest.StartWithAuth(t)
	server.CreateDatabase("asperathos")
	server.Exec("", `CREATE USER reader WITH PASSWORD 'hunter2'`)
	server.CreateDatabase("typed")
	options := func(user, password, database string) influx.Options {
		return influx.Options{URL: server.URL(), User: user, Password: password, Database: database}
	}
	tests := map[string]struct {
		options  influx.Options
		database *job.Database
		want     string // "": accepted
	}{
		"the right login":                       {options(influxtest.Admin, influxtest.Password, "asperathos"), nil, ""},
		"the right login, the job names it too": {options(influxtest.Admin, influxtest.Password, "asperathos"), local(server.Port(), "asperathos"), ""},
		"another database does not get the program's login": {
			options(influxtest.Admin, influxtest.Password, "typed"), local(server.Port(), "asperathos"), "401: the login is wrong",
		},
		"a wrong password":          {options(influxtest.Admin, "hunter2", "asperathos"), nil, "401: the login is wrong"},
		"no login":                  {options("", "", "asperathos"), nil, "401"},
		"a user without privileges": {options("reader", "hunter2", "asperathos"), nil, "403"},
		"no such database":          {options(influxtest.Admin, influxtest.Password, "nowhere"), nil, "404: no such database"},
		"the job's, by root":        {influx.Options{}, local(server.Port(), "asperathos"), "401: the login is wrong"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := publisher(t, tt.options).Publish(t.Context(), notice(tt.database))
			if tt.want == "" {
				if err != nil {
					t.Errorf("Publish = %v, want no error", err)
				}
				return
			}
			if failure.KindOf(err) != failure.KindRefused || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Publish = %v of kind %q, want %s of kind refused", err, failure.KindOf(err), tt.want)
			}
			safe(t, err)
			if strings.Contains(err.Error(), influxtest.Password) {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

// Another writer has stored a field with another type.
func TestPartialWrite(t *testing.T) {
	t.Parallel()
	server := influxtest.Start(t)
	server.CreateDatabase("asperathos")
	p := publisher(t, influx.Options{URL: server.URL()})
	response, err := http.Post(server.URL()+"/write?db=asperathos", "", strings.NewReader(`job_progress value="text"`))
	if err != nil || response.Body.Close() != nil || response.StatusCode != http.StatusNoContent {
		t.Fatalf("write a text: %v, %v", response, err)
	}
	_, err = p.Publish(t.Context(), notice(nil))
	if failure.KindOf(err) != failure.KindRefused || !strings.Contains(err.Error(), "answers 400: another type of value is stored in job_progress") {
		t.Errorf("Publish = %v, want a refusal that names the measurement", err)
	}
}
