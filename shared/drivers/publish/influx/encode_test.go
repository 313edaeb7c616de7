package influx_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/influxdata/line-protocol/v2/lineprotocol"
	"pgregory.net/rapid"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/publish/influx"
)

// captured is the sample in testdata, as Asperathos wrote it for the job
// kj-detail1.
var captured = sample.Sample{
	At: 1795499061000, Error: -0.03333333333333333, Job: 0, Time: 0.03333333333333333, Replicas: 3,
}

func TestEncode(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		host   string
		sample sample.Sample
		want   string
	}{
		"the captured sample": {sample.InfluxHost, captured, `application_progress_error,host=server01,job=kj-1 value=-0.03333333333333333 1795499061000
job_progress,host=server01,job=kj-1 value=0 1795499061000
time_progress,host=server01,job=kj-1 value=0.03333333333333333 1795499061000
job_parallelism,host=server01,job=kj-1 value=3i 1795499061000
`},
		"zeros": {"h", sample.Sample{}, `application_progress_error,host=h,job=kj-1 value=0 0
job_progress,host=h,job=kj-1 value=0 0
time_progress,host=h,job=kj-1 value=0 0
job_parallelism,host=h,job=kj-1 value=0i 0
`},
		"an exponent, a millisecond": {"h", sample.Sample{At: 1795499061001, Error: -2e-09, Job: 1, Time: 1e21, Replicas: math.MaxInt64}, `application_progress_error,host=h,job=kj-1 value=-2e-09 1795499061001
job_progress,host=h,job=kj-1 value=1 1795499061001
time_progress,host=h,job=kj-1 value=1e+21 1795499061001
job_parallelism,host=h,job=kj-1 value=9223372036854775807i 1795499061001
`},
		"a host that needs escaping": {`a b,c=d"e\f`, sample.Sample{At: 1}, `application_progress_error,host=a\ b\,c\=d"e\f,job=kj-1 value=0 1
job_progress,host=a\ b\,c\=d"e\f,job=kj-1 value=0 1
time_progress,host=a\ b\,c\=d"e\f,job=kj-1 value=0 1
job_parallelism,host=a\ b\,c\=d"e\f,job=kj-1 value=0i 1
`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := influx.Encode("kj-1", tt.host, tt.sample)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		host   string
		sample sample.Sample
		names  string
	}{
		"an error that is not a number": {"h", sample.Sample{Error: math.NaN()}, sample.NameError},
		"infinite progress":             {"h", sample.Sample{Job: math.Inf(1)}, sample.NameJob},
		"infinite time":                 {"h", sample.Sample{Time: math.Inf(-1)}, sample.NameTime},
		"a time out of range":           {"h", sample.Sample{At: 1 << 53}, "timestamp"},
		"no host":                       {"", sample.Sample{}, "host"},
		"a host with a line break":      {"a\nb", sample.Sample{}, "host"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := influx.Encode("kj-1", tt.host, tt.sample)
			if err == nil || !strings.Contains(err.Error(), tt.names) {
				t.Errorf("Encode = %q, %v, want an error that names %s", got, err, tt.names)
			}
		})
	}
}

// line is a point as the protocol's decoder reads it.
type line struct {
	Measurement string
	Tags        map[string]string
	Field       string
	Value       any // float64 or int64
	At          time.Time
}

// lines decodes text whose times have this precision.
func lines(text []byte, precision lineprotocol.Precision) ([]line, error) {
	var all []line
	decoder := lineprotocol.NewDecoderWithBytes(text)
	for decoder.Next() {
		measurement, err := decoder.Measurement()
		if err != nil {
			return nil, err
		}
		l := line{Measurement: string(measurement), Tags: map[string]string{}}
		for {
			key, value, err := decoder.NextTag()
			if err != nil {
				return nil, err
			}
			if key == nil {
				break
			}
			l.Tags[string(key)] = string(value)
		}
		key, value, err := decoder.NextField()
		if err != nil {
			return nil, err
		}
		l.Field, l.Value = string(key), value.Interface()
		if more, _, err := decoder.NextField(); more != nil || err != nil {
			return nil, fmt.Errorf("a second field %q, %w", more, err)
		}
		if l.At, err = decoder.Time(precision, time.Time{}); err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, nil
}

// The points are those of Asperathos' four writes, without their constant tag.
func TestEncodeAgreesWithAsperathos(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/influx_life_*.request")
	if err != nil || len(paths) != 4 {
		t.Fatalf("captures %v, %v, want four", paths, err)
	}
	var want []line
	for _, path := range paths {
		one, err := lines(captureBody(t, path), lineprotocol.Nanosecond)
		if err != nil || len(one) != 1 {
			t.Fatalf("%s: %v, %v, want one line", path, one, err)
		}
		delete(one[0].Tags, "region")
		want = append(want, one...)
	}
	text, err := influx.Encode("kj-detail1", sample.InfluxHost, captured)
	if err != nil {
		t.Fatal(err)
	}
	got, err := lines(text, lineprotocol.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("points (-captured +got):\n%s", diff)
	}
}

// captureBody returns the body of a captured request.
func captureBody(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return body
}

// Every host is decoded as it was, and changes nothing else in the points.
func TestEncodeReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		host := rapid.StringMatching(`[ -~äß€]{0,20}[a-z,= ]`).Draw(t, "host")
		s := sample.Sample{
			At:  rapid.Int64Range(0, 1<<42).Draw(t, "at"),
			Job: rapid.Float64Range(0, 1).Draw(t, "job"), Time: rapid.Float64Range(0, 1e9).Draw(t, "time"),
			Error: rapid.Float64Range(-1e9, 1).Draw(t, "error"), Replicas: rapid.Int64().Draw(t, "replicas"),
		}
		text, err := influx.Encode("kj-1", host, s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := lines(text, lineprotocol.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(points("kj-1", host, s), got); diff != "" {
			t.Fatalf("points of %q (-want +got):\n%s", text, diff)
		}
	})
}

// points returns the four points of a sample.
func points(id job.ID, host string, s sample.Sample) []line {
	point := func(measurement string, value any) line {
		return line{measurement, map[string]string{"host": host, "job": string(id)}, "value", value, s.Moment()}
	}
	return []line{
		point("application_progress_error", s.Error), point("job_progress", s.Job),
		point("time_progress", s.Time), point("job_parallelism", s.Replicas),
	}
}
