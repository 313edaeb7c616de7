package jobstatus_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kubejobs/functions/jobstatus"
	"kubejobs/shared/testkit/failuretest"
)

// An event is stored, ignored or refused. What is stored is of a Job of the namespace.
func FuzzEvent(f *testing.F) {
	const object = `{"metadata":{"name":"a","namespace":"batch","resourceVersion":"7"},"status":{"active":2}}`
	f.Add("dev.knative.apiserver.resource.update", "application/json", object)
	f.Add("dev.knative.apiserver.resource.delete", "application/json", object)
	f.Add("dev.knative.apiserver.resource.add", "application/json", strings.Replace(object, "batch", "other", 1))
	f.Add("dev.knative.apiserver.resource.add", "application/json", strings.Replace(object, `"a"`, `"a.b"`, 1))
	f.Add("dev.knative.apiserver.resource.add", "application/json", strings.Replace(object, `"7"`, `"-7"`, 1))
	f.Add("another", "text/plain", "{")
	f.Add("", "application/cloudevents+json", `{"specversion":"1.0","id":"a","source":"s","type":"dev.knative.apiserver.resource.add","data":`+object+`}`)
	f.Fuzz(func(t *testing.T, kind, contentType, body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.Header = http.Header{"Ce-Id": {"1"}, "Ce-Source": {"s"}, "Ce-Type": {kind}, "Ce-Specversion": {"1.0"}, "Content-Type": {contentType}}
		w, service := httptest.NewRecorder(), &saver{}
		jobstatus.New(service, parse, "batch", slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
		switch outcome := w.Header().Get("Kubejobs-Outcome"); {
		case w.Code == http.StatusBadRequest:
			failuretest.Printable(t, failuretest.Message(t, w))
			if len(service.saved) > 0 {
				t.Errorf("refused, but stored %+v", service.saved)
			}
		case w.Code != http.StatusOK || w.Body.Len() > 0 || (outcome == "stored") != (len(service.saved) == 1):
			t.Errorf("status %d, outcome %q, body %q, stored %+v", w.Code, outcome, w.Body, service.saved)
		case outcome == "stored" && !strings.HasPrefix(contentType, "application/cloudevents"):
			var object struct {
				Metadata struct{ Name, Namespace string }
			}
			if err := json.Unmarshal([]byte(body), &object); err != nil || object.Metadata.Namespace != "batch" || object.Metadata.Name == "" {
				t.Errorf("stored of %q, %v", body, err)
			}
			if gone := kind == "dev.knative.apiserver.resource.delete"; service.saved[0].Gone != gone || service.saved[0].Active < 0 {
				t.Errorf("stored %+v of %q", service.saved[0], kind)
			}
		}
	})
}
