package cloudevent_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/publish/cloudevent"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/failuretest"
)

// An event that is sent in binary mode is read as it is, with the id that tells
// duplicates.
func FuzzEncode(f *testing.F) {
	f.Add("kj-abc1234", uint8(0), int64(1795498867000), int64(7), int64(1795498869000), "the queue is empty", "bar")
	f.Add("a", uint8(7), int64(0), int64(1<<63-1), int64(-1), "\u2028\x1b\"\\", "é %\n")
	f.Add("a", uint8(3), int64(-1), int64(-1), int64(253402300799999), "\xff", "")
	f.Fuzz(func(t *testing.T, id string, kind uint8, life, sequence, millis int64, reason, extension string) {
		const lastYear = 253402300799999 // in milliseconds: RFC 3339 has four digits
		if _, err := job.ParseID(id); err != nil || !utf8.ValidString(reason+extension) || millis > lastYear {
			return
		}
		e := event(cloudevent.Kinds()[int(kind)%len(cloudevent.Kinds())])
		e.Job, e.Life, e.Sequence, e.At, e.Data.Reason = job.ID(id), life, sequence, time.UnixMilli(millis).UTC(), reason
		encoded, err := cloudevent.Encode("n", e, map[string]string{"foo": extension})
		if err != nil {
			return
		}
		r, err := cloudevents.NewHTTPRequestFromEvent(t.Context(), "http://a/", encoded)
		if err != nil {
			return
		}
		got, err := cloudevents.NewEventFromHTTPRequest(r)
		if err != nil {
			t.Fatalf("%v: %v", encoded, err)
		}
		var data job.EventData
		if err := json.Unmarshal(got.Data(), &data); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e.Data, data); diff != "" {
			t.Errorf("data (-sent +read):\n%s", diff)
		}
		want := []any{fmt.Sprintf("%s-%d-%d", id, life, sequence), e.At, id, "/kubejobs/namespaces/n/jobs/" + id}
		if diff := cmp.Diff(want, []any{got.ID(), got.Time(), got.Subject(), got.Source()}); diff != "" {
			t.Errorf("attributes (-sent +read):\n%s", diff)
		}
		if read := got.Extensions()["foo"]; extension != "" && read != extension {
			t.Errorf("the extension %q is read as %q", extension, read)
		}
	})
}

// answering is a transport that answers every request so.
type answering struct {
	status int
	header string
}

func (s answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: s.status, Request: r, Body: http.NoBody, Header: http.Header{"Retry-After": {s.header}, "Location": {s.header}}}, nil
}

// What a sink answers is taken, retryable or refused for good, and no text repeats it.
func FuzzAnswers(f *testing.F) {
	for _, status := range []uint16{200, 202, 204, 301, 307, 400, 404, 408, 409, 410, 429, 500, 503, 999} {
		f.Add(status, "120")
	}
	f.Add(uint16(503), "-1 said-by-peer")
	f.Add(uint16(302), "http://169.254.169.254/said-by-peer")
	f.Fuzz(func(t *testing.T, status uint16, header string) {
		if status < 200 || status > 999 {
			return // no answer
		}
		publisher, err := cloudevent.New(cloudevent.Options{
			Sink: &url.URL{Scheme: "http", Host: "sink", Path: "/hunter2-planted"}, Namespace: "n",
			Transport: func(http.RoundTripper) http.RoundTripper { return answering{int(status), header} },
		})
		if err != nil {
			t.Fatal(err)
		}
		taken, err := publisher.Publish(t.Context(), monitor.Notice{Events: []job.Event{event(job.EventFinished), event(job.EventSample)}})
		retryable := status == 404 || status == 408 || status == 409 || status == 429 || status >= 500
		switch {
		case failure.IsRetryable(err) != retryable || retryable && taken != 0 || !retryable && taken != 2 || (err == nil) != (status < 300):
			t.Errorf("status %d: %d events are taken, %v", status, taken, err)
		case err != nil:
			failuretest.Shown(t, err, "hunter2-planted", "said-by-peer")
			if len(header) > 8 && strings.Contains(err.Error(), header) {
				t.Errorf("the text repeats the sink: %v", err)
			}
		}
	})
}
