package influx_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/influxdata/line-protocol/v2/lineprotocol"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/publish/influx"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/failuretest"
)

// The points of a sample are read back as they are, whatever the tag of the host; a
// sample that the protocol cannot express is refused as a whole.
func FuzzEncode(f *testing.F) {
	f.Add("server01", int64(1795499061000), 0.5, 0.25, int64(3))
	f.Add(`a b,c=d"e\f`, int64(-1), math.Copysign(0, -1), 1e308, int64(math.MinInt64))
	f.Add("", int64(math.MaxInt64), math.Inf(1), 5e-324, int64(0))
	f.Add("a\nb", int64(0), math.NaN(), 0.0, int64(0))
	f.Add("\\", int64(0), 0.0, 0.0, int64(0))
	f.Fuzz(func(t *testing.T, host string, at int64, done, due float64, replicas int64) {
		if strings.Contains(host, `\`) || strings.ContainsFunc(host, unicode.IsControl) || !utf8.ValidString(host) {
			return // the settings refuse it
		}
		x := sample.Sample{At: at, Job: done, Time: due, Error: done - due, Replicas: replicas}
		text, err := influx.Encode("kj-1", host, x)
		if err != nil {
			if text != nil {
				t.Errorf("%q beside %v", text, err)
			}
			return
		}
		got, err := lines(text, lineprotocol.Millisecond)
		var want []line
		for _, p := range []line{{Measurement: sample.NameError, Value: x.Error}, {Measurement: sample.NameJob, Value: x.Job}, {Measurement: sample.NameTime, Value: x.Time}, {Measurement: sample.NameParallelism, Value: x.Replicas}} {
			p.Tags, p.Field, p.At = map[string]string{"host": host, "job": "kj-1"}, "value", x.Moment()
			want = append(want, p)
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v: points (-want +got):\n%s", err, diff)
		}
	})
}

// answering is a transport that answers every request so.
type answering struct {
	status int
	body   []byte
}

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: a.status, Request: r, Body: io.NopCloser(bytes.NewReader(a.body)), Header: http.Header{"Retry-After": {string(a.body[:min(len(a.body), 20)])}},
	}, nil
}

// What an InfluxDB answers is stored, retryable or refused. No text repeats what it
// said or shows the login.
func FuzzAnswers(f *testing.F) {
	const secret = "hunter2-planted"
	f.Add(uint16(204), []byte(""))
	f.Add(uint16(400), []byte(`{"error":"partial write: field type conflict: job_progress `+secret+` said-by-peer"}`))
	f.Add(uint16(401), []byte(`{"message":"`+secret+"\x1b"+`"}`))
	f.Add(uint16(503), []byte("<html>"+secret))
	f.Add(uint16(302), []byte("null"))
	f.Add(uint16(200), []byte("[]"))
	f.Add(uint16(422), []byte(`{"error":"`+strings.Repeat(`\u202e`, 300)+`","message":"application_progress_error timeout"}`))
	f.Add(uint16(429), []byte(`{"Error":{"a":1}}`))
	f.Fuzz(func(t *testing.T, status uint16, body []byte) {
		if status < 200 || status > 999 {
			return // no answer
		}
		publisher, err := influx.New(influx.Options{
			URL: "http://influx:8086", User: "root", Password: secret,
			Transport: func(http.RoundTripper) http.RoundTripper { return answering{int(status), body} },
		}, newDialer(t))
		if err != nil {
			t.Fatal(err)
		}
		_, err = publisher.Publish(t.Context(), monitor.Notice{Spec: job.Spec{ID: "a"}, Sample: &sample.Sample{At: 1}})
		if (err == nil) != (status == http.StatusNoContent) {
			t.Fatalf("status %d: %v", status, err)
		}
		if err == nil {
			return
		}
		failuretest.Shown(t, err, secret)
		if text := err.Error(); strings.Contains(text, "said-by-peer") {
			t.Errorf("the text repeats the server: %s", text)
		}
		retryable := status == 408 || status == 429 || status >= 500
		if failure.IsRetryable(err) != retryable || !retryable && status >= 400 && failure.KindOf(err) != failure.KindRefused {
			t.Errorf("status %d is of kind %q", status, failure.KindOf(err))
		}
		if typed, _ := errors.AsType[*failure.Error](err); !strings.Contains(typed.Message, "influx:8086") {
			t.Errorf("%q does not name the InfluxDB", typed.Message)
		}
	})
}

// newDialer returns a dial function that must not be called.
func newDialer(t *testing.T) influx.Dial {
	t.Helper()
	return func(context.Context, string, string) (net.Conn, error) {
		t.Error("a connection is opened")
		return nil, errors.New("no connection")
	}
}
