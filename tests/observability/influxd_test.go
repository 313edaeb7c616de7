package observability_test

import (
	"net"
	"testing"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/publish/influx"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/influxtest"
)

// database is the database that Asperathos' Visualizer reads.
const database = "asperathos"

// influxdb is an InfluxDB 1.x and the publisher that writes to it.
type influxdb struct {
	*influxtest.Server
	publisher *influx.Publisher
}

// runInfluxDB starts an InfluxDB with the database.
func runInfluxDB(t *testing.T) influxdb {
	t.Helper()
	db := influxdb{Server: influxtest.Start(t)}
	db.CreateDatabase(database)
	var err error
	db.publisher, err = influx.New(influx.Options{URL: db.URL(), Database: database}, (&net.Dialer{}).DialContext)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.publisher.Close)
	return db
}

// write publishes samples of a job.
func (db influxdb) write(t *testing.T, id job.ID, samples ...sample.Sample) {
	t.Helper()
	for _, x := range samples {
		if _, err := db.publisher.Publish(t.Context(), monitor.Notice{Spec: job.Spec{ID: id}, Sample: &x}); err != nil {
			t.Fatal(err)
		}
	}
}
