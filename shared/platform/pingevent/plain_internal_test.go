package pingevent

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// What PingSource sent is read without the library of CloudEvents.
func TestPlainAsPingSourceSends(t *testing.T) {
	t.Parallel()
	captures, err := filepath.Glob("../../../tests/testdata/knative/tick*.http")
	if err != nil || len(captures) == 0 {
		t.Fatalf("no captured ticks: %v", err)
	}
	for _, path := range captures {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		r, err := http.ReadRequest(bufio.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		_, traced := r.Header["Ce-Traceparent"]
		if _, ok := plain(r.Header, nil); ok == traced {
			t.Errorf("%s: plain: %t, traced: %t", path, ok, traced)
		}
	}
}

// FuzzPlain: what is read without the library of CloudEvents is what it reads.
func FuzzPlain(f *testing.F) {
	const source, kind = "/apis/v1/namespaces/default/pingsources/a", "dev.knative.sources.ping"
	seed := func(id, kind, source, sent, contentType, other, value string) {
		f.Add(id, kind, source, sent, contentType, other, value)
	}
	seed("f5fbb22b-8c6b", kind, source, "2026-11-24T05:43:15.0766371Z", "application/json", "X", "")
	seed("a", kind, source, "", "application/json", "X", "")
	seed("a", kind, source, "2026-11-24T05:43:15+01:00", "application/json", "Ce-Subject", "s")
	seed("a%20b", "%41", source, "2026-11-24t05:43:15z", "application/json; charset=utf-8", "Ce-Traceparent", "00-a")
	seed(`"a\`, "a b", source+"%2e", "2026-11-24T05:43:15,5Z", "Application/JSON", "Ce-Id", "b")
	seed("~!", kind, source, "2026-02-30T05:43:15Z", "application/cloudevents+json", "Ce-Specversion", "0.3")
	seed("a", kind, source, "2026-11-24T24:00:00Z", "application/json", "Ce-Dataschema", ":")
	f.Fuzz(func(t *testing.T, id, kind, source, sent, contentType, other, value string) {
		r := httptest.NewRequest(http.MethodPost, "/", http.NoBody)
		for name, value := range map[string]string{
			"Ce-Specversion": "1.0", "Ce-Type": kind, "Ce-Id": id, "Ce-Source": source, "Ce-Time": sent, "Content-Type": contentType,
		} {
			r.Header.Set(name, strings.Trim(value, " \t"))
		}
		if sent == "" {
			r.Header.Del("Ce-Time")
		}
		r.Header.Add(other, value)
		body := []byte(`{"app_id":"a"}`)
		got, ok := plain(r.Header, body)
		if !ok {
			return
		}
		want, err := read(r, body)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v (%v)", got, want, err)
		}
	})
}
