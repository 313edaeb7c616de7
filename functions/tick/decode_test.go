package tick_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/tick"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/httpapi"
	"kubejobs/shared/testkit/failuretest"
)

const testdata = "../../tests/testdata/"

// captured returns a request that a real peer sent, and its body.
func captured(tb testing.TB, name string) (*http.Request, []byte) {
	tb.Helper()
	text, err := os.ReadFile(testdata + name)
	if err != nil {
		tb.Fatal(err)
	}
	if _, request, ok := bytes.Cut(text, []byte(" bytes)\n")); ok { // a recording of func
		text = request
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
	if err != nil {
		tb.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return r, body
}

// binary returns a tick's request in binary mode with changed attributes; "" removes
// one.
func binary(tb testing.TB, changes map[string]string) *http.Request {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodPost, "/", http.NoBody)
	r.Header = http.Header{
		"Ce-Id": {"tick-1"}, "Ce-Source": {"/apis/v1/namespaces/default/pingsources/a"}, "Ce-Specversion": {"1.0"},
		"Ce-Time": {"2026-11-24T06:12:04Z"}, "Ce-Type": {"dev.knative.sources.ping"}, "Content-Type": {"application/json"},
	}
	for name, value := range changes {
		if r.Header.Set(name, value); value == "" {
			r.Header.Del(name)
		}
	}
	return r
}

func TestDecodeCaptured(t *testing.T) {
	t.Parallel()
	retried := monitor.Tick{
		ID: "f5fbb22b-8c6b-4aad-9349-79ee298ad1a7", Job: "kj-abc1234",
		Sent: time.Date(2026, 11, 24, 5, 43, 15, 76637100, time.UTC),
	}
	tests := map[string]struct {
		file string
		want monitor.Tick
	}{
		"a tick": {"knative/tick.http", monitor.Tick{
			ID: "797cfc38-d115-4603-ab57-b984b07a867a", Job: "kj-abc1234",
			Sent: time.Date(2026, 11, 24, 6, 12, 4, 431813897, time.UTC),
		}},
		"a traced tick": {"knative/tick-traced.http", monitor.Tick{
			ID: "1167763c-5a1a-4b2b-8646-b825c0461e55", Job: "kj-abc1234",
			Sent: time.Date(2026, 11, 24, 6, 1, 20, 146524069, time.UTC),
		}},
		"its first attempt": {"knative/tick-retry-1.http", retried},
		"its last attempt":  {"knative/tick-retry-6.http", retried},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, body := captured(t, tt.file)
			if !httpapi.IsEvent(r) {
				t.Error("IsEvent = false, want true")
			}
			got, err := tick.Decode(r, body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("tick (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeStructured(t *testing.T) {
	t.Parallel()
	const head = `{"specversion":"1.0","id":"tick-1","type":"dev.knative.sources.ping",` +
		`"source":"/apis/v1/namespaces/default/pingsources/a","time":"2026-11-24T06:12:04Z",`
	want := monitor.Tick{ID: "tick-1", Job: "a", Sent: time.Date(2026, 11, 24, 6, 12, 4, 0, time.UTC)}
	tests := map[string]struct {
		contentType, body string
		want              []string // wrong fields
	}{
		"JSON data":   {"application/cloudevents+json", head + `"data":{"app_id":"a"}}`, nil},
		"base64 data": {"application/cloudevents+json; charset=utf-8", head + `"data_base64":"eyJhcHBfaWQiOiJhIn0="}`, nil},
		"no data":     {"application/cloudevents+json", strings.TrimSuffix(head, ",") + "}", []string{"data"}},
		"truncated":   {"application/cloudevents+json", head, []string{"event"}},
		"not JSON":    {"application/cloudevents+json", "tick", []string{"event"}},
		"empty":       {"application/cloudevents+json", "", []string{"event"}},
		"a batch":     {"application/cloudevents-batch+json", "[" + head + `"data":{"app_id":"a"}}]`, []string{"event"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
			r.Header.Set("Content-Type", tt.contentType)
			if !httpapi.IsEvent(r) {
				t.Error("IsEvent = false, want true")
			}
			got, err := tick.Decode(r, []byte(tt.body))
			if diff := cmp.Diff(tt.want, failuretest.Fields(t, err)); diff != "" {
				t.Fatalf("wrong fields (-want +got):\n%s\n%v", diff, err)
			}
			if diff := cmp.Diff(want, got); err == nil && diff != "" {
				t.Errorf("tick (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("i", 129)
	tests := map[string]struct {
		changes map[string]string
		body    string
		want    []string
	}{
		"nothing wrong": {nil, `{"app_id":"a"}`, nil},
		"no time":       {map[string]string{"Ce-Time": ""}, `{"app_id":"a"}`, nil},
		"an id of 128":  {map[string]string{"Ce-Id": long[1:]}, `{"app_id":"a"}`, nil},
		"other members": {nil, `{"app_id":"a","more":[1]}`, nil},
		"another type":  {map[string]string{"Ce-Type": "org.example.tick"}, `{"app_id":"a"}`, []string{"type"}},
		"another source": {
			map[string]string{"Ce-Source": "/apis/v1/namespaces/a/apiserversources/b"}, `{"app_id":"a"}`, []string{"source"},
		},
		"a longer source": {
			map[string]string{"Ce-Source": "/apis/v1/namespaces/a/pingsources/b/c"}, `{"app_id":"a"}`, []string{"source"},
		},
		"an id of 129":       {map[string]string{"Ce-Id": long}, `{"app_id":"a"}`, []string{"id"}},
		"no id":              {map[string]string{"Ce-Id": ""}, `{"app_id":"a"}`, []string{"event"}},
		"no source":          {map[string]string{"Ce-Source": ""}, `{"app_id":"a"}`, []string{"event"}},
		"no type":            {map[string]string{"Ce-Type": ""}, `{"app_id":"a"}`, []string{"event"}},
		"a malformed time":   {map[string]string{"Ce-Time": "now"}, `{"app_id":"a"}`, []string{"event"}},
		"not an event":       {map[string]string{"Ce-Specversion": ""}, `{"app_id":"a"}`, []string{"event"}},
		"an unknown version": {map[string]string{"Ce-Specversion": "9"}, `{"app_id":"a"}`, []string{"event"}},
		"no data":            {nil, "", []string{"data"}},
		"data not JSON":      {nil, "a", []string{"data"}},
		"data a list":        {nil, "[]", []string{"data"}},
		"data without an id": {nil, `{"job":"a"}`, []string{"data.app_id"}},
		"data with a number": {nil, `{"app_id":7}`, []string{"data"}},
		"data with a bad id": {nil, `{"app_id":"../a"}`, []string{"data.app_id"}},
		"all at once": {
			map[string]string{"Ce-Type": "t", "Ce-Source": "s", "Ce-Id": long},
			`{"app_id":"A"}`,
			[]string{"type", "id", "source", "data.app_id"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tick.Decode(binary(t, tt.changes), []byte(tt.body))
			if diff := cmp.Diff(tt.want, failuretest.Fields(t, err)); diff != "" {
				t.Errorf("wrong fields (-want +got):\n%s\n%v", diff, err)
			}
		})
	}
}

// The requests of func invoke are not ticks, whether they are events or not.
func TestDecodeRefusesOtherRequests(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		file  string
		event bool
		want  []string
	}{
		"func's default event": {"func/invoke-cloudevent-default.txt", true, []string{"type", "source", "data.app_id"}},
		"a user's event":       {"func/invoke-cloudevent.txt", true, []string{"type", "source", "data.app_id"}},
		"a plain POST":         {"func/invoke-default.txt", false, []string{"event"}},
		"a GET":                {"func/invoke-get.txt", false, []string{"event"}},
		"the Manager's start":  {"asperathos/start_ok.request", false, []string{"event"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, body := captured(t, tt.file)
			if got := httpapi.IsEvent(r); got != tt.event {
				t.Errorf("IsEvent = %t, want %t", got, tt.event)
			}
			_, err := tick.Decode(r, body)
			if diff := cmp.Diff(tt.want, failuretest.Fields(t, err)); diff != "" {
				t.Errorf("wrong fields (-want +got):\n%s\n%v", diff, err)
			}
		})
	}
}
