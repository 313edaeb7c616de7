package influx

import (
	"fmt"

	"github.com/influxdata/line-protocol/v2/lineprotocol"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
)

// field is the only field of each measurement.
const field = "value"

// Encode returns the four points of a sample in the line protocol, with times in
// milliseconds. Names, tags and types are those that Asperathos writes and its
// dashboards read, without its constant tag "region". Encode refuses numbers that
// are not finite and a host that the protocol cannot express.
func Encode(id job.ID, host string, s sample.Sample) ([]byte, error) {
	var e lineprotocol.Encoder
	e.SetPrecision(lineprotocol.Millisecond)
	for _, point := range []struct {
		measurement string
		value       any
	}{
		{sample.NameError, s.Error},
		{sample.NameJob, s.Job},
		{sample.NameTime, s.Time},
		{sample.NameParallelism, s.Replicas},
	} {
		value, ok := lineprotocol.NewValue(point.value)
		if !ok {
			return nil, fmt.Errorf("%s of %s is %v", point.measurement, id, point.value)
		}
		e.StartLine(point.measurement)
		e.AddTag("host", host)
		e.AddTag("job", string(id))
		e.AddField(field, value)
		e.EndLine(s.Moment())
	}
	if err := e.Err(); err != nil {
		return nil, fmt.Errorf("sample of %s: %w", id, err)
	}
	return e.Bytes(), nil
}
