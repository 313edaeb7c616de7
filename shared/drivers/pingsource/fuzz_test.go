package pingsource_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/pingsource"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/failuretest"
	"kubejobs/shared/testkit/monitortest"
)

// replying is a transport that answers every request so, and keeps the last path.
type replying struct {
	code int
	body []byte
	path string
}

func (r *replying) RoundTrip(request *http.Request) (*http.Response, error) {
	r.path = request.URL.Path
	return &http.Response{
		StatusCode: r.code, Header: http.Header{"Content-Type": {"application/json"}}, Request: request,
		Body: io.NopCloser(bytes.NewReader(r.body)), ContentLength: int64(len(r.body)),
	}, nil
}

func newScheduler(t *testing.T, transport http.RoundTripper) *pingsource.Scheduler {
	t.Helper()
	client, err := dynamic.NewForConfig(&rest.Config{Host: "http://127.0.0.1", Transport: transport, QPS: -1})
	if err != nil {
		t.Fatal(err)
	}
	return pingsource.New(client, "ticks", pingsource.Destination{}, nil)
}

// The schedule of each life has a name of its own, which is read back; what is listed
// under another name is not ours, as it could not be removed.
func FuzzNames(f *testing.F) {
	for _, name := range []string{
		"kubejobs-a", "kubejobs-a.mwu9o0fs", "kubejobs-a.00mwu9o0fs", "kubejobs-a.MWU9O0FS", "kubejobs-a.+1", "kubejobs-a.0", "kubejobs-a.-1", "kubejobs-a.",
		"kubejobs-", "kubejobs-a.b.c", "a", "kubejobs-a.1y2p0ij32e8e7", "kubejobs-a.1y2p0ij32e8e8",
	} {
		f.Add(name, "a", int64(1795498867000))
	}
	f.Add("", "kj-abc1234", int64(1))
	f.Fuzz(func(t *testing.T, name, id string, life int64) {
		if _, err := job.ParseID(id); err != nil || life < 0 {
			return
		}
		item := func(name string) map[string]any {
			return map[string]any{
				"apiVersion": "sources.knative.dev/v1", "kind": "PingSource", "metadata": map[string]any{"name": name}, "spec": map[string]any{"schedule": "* * * * * *"},
			}
		}
		own := pingsource.Name(job.ID(id), life)
		body, err := json.Marshal(map[string]any{
			"apiVersion": "sources.knative.dev/v1", "kind": "PingSourceList", "metadata": map[string]any{}, "items": []any{item(own), item(name)},
		})
		if err != nil {
			t.Fatal(err)
		}
		transport := &replying{code: http.StatusOK, body: body}
		scheduler := newScheduler(t, transport)
		page, _, err := scheduler.List(t.Context(), "", 2)
		if err != nil || len(page) == 0 || len(page) > 2 {
			t.Fatalf("listed %+v, %v", page, err)
		}
		if want := (monitor.Scheduled{ID: job.ID(id), Life: life, Cron: "* * * * * *"}); page[0] != want {
			t.Errorf("%s is listed as %+v, want %+v", own, page[0], want)
		}
		for _, scheduled := range page[1:] {
			if err := scheduler.Unschedule(t.Context(), scheduled.ID, scheduled.Life); err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(transport.path, "/"+strings.ToValidUTF8(name, "\ufffd")) {
				t.Errorf("%q is listed as %+v, of which %s is removed", name, scheduled, transport.path)
			}
		}
	})
}

// Whatever an API server answers, the calls return an error of a kind, or what was
// asked for.
func FuzzAnswers(f *testing.F) {
	status := func(reason, details string) []byte {
		return []byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","message":"m","reason":"` + reason + `","details":` + details + `,"code":409}`)
	}
	f.Add(uint16(201), []byte(`{"apiVersion":"sources.knative.dev/v1","kind":"PingSource","metadata":{"name":"a"}}`))
	f.Add(uint16(409), status("AlreadyExists", `{"name":"kubejobs-a.mwu9o0fs"}`))
	f.Add(uint16(409), status("AlreadyExists", `{"name":"b"}`))
	f.Add(uint16(404), status("NotFound", `{"kind":"namespaces"}`))
	f.Add(uint16(403), []byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","message":"exceeded quota: \u001b[31m\u202e","reason":"Forbidden","code":403}`))
	f.Add(uint16(403), []byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","message":"exceeded quota: `+strings.Repeat("é", 300)+`","reason":"Forbidden","code":403}`))
	f.Add(uint16(503), []byte("<html>"))
	f.Add(uint16(429), status("TooManyRequests", `{"retryAfterSeconds":0}`))
	f.Add(uint16(200), []byte(`{"kind":"PingSourceList","items":[{"metadata":{"name":7}}]}`))
	f.Add(uint16(200), []byte(`{"kind":"PingSourceList","items":[null,{"kind":"x"}]}`))
	f.Add(uint16(200), []byte("null"))
	f.Fuzz(func(t *testing.T, code uint16, body []byte) {
		if code < 200 || code > 599 {
			return // no answer
		}
		scheduler := newScheduler(t, &replying{code: int(code), body: body})
		_, _, listed := scheduler.List(t.Context(), "", 2)
		for name, err := range map[string]error{
			"list": listed, "schedule": scheduler.Schedule(t.Context(), monitortest.Spec("a", "f")), "unschedule": scheduler.Unschedule(t.Context(), "a", 1),
		} {
			if err == nil {
				continue
			}
			failuretest.Shown(t, err)
			if kind := failure.KindOf(err); kind != failure.KindRefused && kind != failure.KindUnavailable && kind != failure.KindNotFound {
				t.Errorf("%s: %v of kind %q", name, err, kind)
			}
		}
	})
}

func hasHost(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && parsed.Host != ""
}

// A destination is refused, or has an address.
func FuzzParseSink(f *testing.F) {
	for _, text := range []string{"ksvc/tick", "ksvc/tick/a/b", "ksvc/", "ksvc/A", "http://a/b?c", "", "a", "http://[::1", "//a", "ksvc/a//"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sink, err := pingsource.ParseSink(text, "n")
		switch {
		case err != nil:
			failuretest.Printable(t, err.Error())
		case sink.Ref != nil:
			if _, err := job.ParseID(sink.Ref.Name); err != nil || sink.Ref.Namespace != "n" || !strings.HasPrefix(text, "ksvc/"+sink.Ref.Name) {
				t.Errorf("%q is %+v", text, sink.Ref)
			}
		case !hasHost(sink.URI):
			t.Errorf("%q is %+v", text, sink)
		}
	})
}
