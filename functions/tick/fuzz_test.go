package tick_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/tick"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/failuretest"
)

// A tick is refused with the names of its wrong attributes, or it is one of a job.
func FuzzDecode(f *testing.F) {
	const source = "/apis/v1/namespaces/default/pingsources/a"
	f.Add("1.0", "tick-1", monitor.TickEventType, source, "2026-11-24T06:12:04Z", "application/json", `{"app_id":"a"}`)
	f.Add("1.0", "tick-1", "another", "/another", "2026-11-24T06:12:04+14:00", "application/json", `{"app_id":"A","life":-1}`)
	f.Add("", "", "", "", "", "application/cloudevents+json", `{"specversion":"1.0","id":"a","type":"t","source":"s","data":{}}`)
	f.Add("", "", "", "", "", "application/cloudevents+json", `{"specversion":"1.0","id":"a","type":"`+monitor.TickEventType+`","source":"`+source+`","data_base64":"eyJhcHBfaWQiOiJhIn0="}`)
	f.Add("", "", "", "", "", "application/cloudevents-batch+json", `[{"specversion":"1.0","id":"a","type":"t","source":"s","data":{}}]`)
	f.Add("0.3", "\xff", "%", "::", "x", "", "null")
	f.Add("1.0", strings.Repeat("x", 129), strings.Repeat("\u202e", 90), strings.Repeat("\x01", 90), "x", "", `{"app_id":"`+strings.Repeat("\x01", 90)+`"}`)
	f.Fuzz(func(t *testing.T, version, id, kind, source, sent, contentType, body string) {
		r := binary(t, map[string]string{
			"Ce-Specversion": version, "Ce-Id": id, "Ce-Type": kind, "Ce-Source": source, "Ce-Time": sent,
			"Content-Type": contentType,
		})
		got, err := tick.Decode(r, []byte(body))
		if err != nil {
			if len(failuretest.Fields(t, err)) == 0 {
				t.Errorf("the error names no field: %v", err)
			}
			failuretest.Shown(t, err)
			return
		}
		if _, err := job.ParseID(string(got.Job)); err != nil || got.ID == "" || len(got.ID) > 128 || got.Life < 0 {
			t.Errorf("accepted: %+v", got)
		}
	})
}

// A tick is read as it was sent, in binary mode and in structured mode.
func FuzzModes(f *testing.F) {
	f.Add("a", int64(0), "tick-1", int64(1795499061123456789), "default", true)
	f.Add("kj-abc1234", int64(1795498867000), "797cfc38-d115-4603-ab57-b984b07a867a", int64(0), "a-b", false)
	f.Add("a", int64(0), "t", int64(0), "a.b", false)
	f.Add("A", int64(-1), strings.Repeat("é", 65), int64(-1), "/", false)
	f.Add("a", int64(1<<63-1), "\u2028 %0d%0a \"", int64(1<<62), "\x00", true)
	plain := regexp.MustCompile(`^[a-z0-9-]{1,63}$`)
	strange := func(c rune) bool { return !unicode.IsPrint(c) || c == unicode.ReplacementChar }
	f.Fuzz(func(t *testing.T, id string, life int64, eventID string, sent int64, namespace string, structured bool) {
		if !utf8.ValidString(id+eventID+namespace) || strings.TrimSpace(eventID) != eventID {
			return // no text of a CloudEvent, or one that the SDK trims in a header
		}
		want := monitor.Tick{ID: eventID, Job: job.ID(id), Life: life, Sent: time.Unix(0, sent).UTC()}
		event := cloudevents.NewEvent()
		event.SetID(eventID)
		event.SetType(monitor.TickEventType)
		event.SetSource("/apis/v1/namespaces/" + namespace + "/pingsources/" + id)
		event.SetTime(want.Sent)
		if err := event.SetData(cloudevents.ApplicationJSON, map[string]any{"app_id": id, "life": life}); err != nil || event.Validate() != nil {
			return // no CloudEvent
		}
		ctx := t.Context()
		if structured {
			ctx = binding.WithForceStructured(ctx)
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if err := cehttp.WriteRequest(ctx, binding.ToMessage(&event), r); err != nil {
			return
		}
		got, err := tick.Decode(r, body(t, r))
		_, badID := job.ParseID(id)
		if badID != nil || life < 0 || len(eventID) > 128 || strings.ContainsFunc(eventID, strange) || !plain.MatchString(namespace) {
			if err == nil {
				t.Errorf("%+v in the namespace %q was accepted", got, namespace)
			}
			return
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("read back: %v (-sent +read):\n%s", err, diff)
		}
	})
}

func body(t *testing.T, r *http.Request) []byte {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
