package tick_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/tick"
	"kubejobs/shared/testkit/failuretest"
)

// What an event says is bounded, in either mode.
func TestBounds(t *testing.T) {
	t.Parallel()
	source := func(namespace, name int) string {
		return "/apis/v1/namespaces/" + strings.Repeat("n", namespace) + "/pingsources/" + strings.Repeat("p", name)
	}
	tests := map[string]struct {
		attribute, value, data string
		want                   []string
	}{
		"the longest names":      {"source", source(63, 253), `{"app_id":"a"}`, nil},
		"a longer namespace":     {"source", source(64, 253), `{"app_id":"a"}`, []string{"source"}},
		"a longer name":          {"source", source(63, 254), `{"app_id":"a"}`, []string{"source"}},
		"a name in percent":      {"source", "/apis/v1/namespaces/a/pingsources/%2e%2e", `{"app_id":"a"}`, []string{"source"}},
		"a source of 10 kB":      {"source", "/" + strings.Repeat("a", 10000), `{"app_id":"a"}`, []string{"source"}},
		"a type of 10 kB":        {"type", strings.Repeat("a", 10000), `{"app_id":"a"}`, []string{"type"}},
		"an id of 128 bytes":     {"id", strings.Repeat("i", 128), `{"app_id":"a"}`, nil},
		"an id of 129 bytes":     {"id", strings.Repeat("i", 129), `{"app_id":"a"}`, []string{"id"}},
		"an id in percent":       {"id", "%00%ff%zz", `{"app_id":"a"}`, nil}, // as it stands
		"an id with a tabulator": {"id", "a\tb", `{"app_id":"a"}`, []string{"id"}},
		"a version of 10 kB":     {"specversion", strings.Repeat("9", 10000), `{"app_id":"a"}`, []string{"event"}},
		"a time of 10 kB":        {"time", strings.Repeat("9", 10000), `{"app_id":"a"}`, []string{"event"}},
		"a life of 1e400":        {"id", "a", `{"app_id":"a","life":1e400}`, []string{"data"}},
		"a life of 2^63":         {"id", "a", `{"app_id":"a","life":9223372036854775808}`, []string{"data"}},
		"a life below 0":         {"id", "a", `{"app_id":"a","life":-1}`, []string{"data.life"}},
		"an app_id of 10 kB":     {"id", "a", `{"app_id":"` + strings.Repeat("a", 10000) + `"}`, []string{"data.app_id"}},
		"deep data":              {"id", "a", `{"app_id":"a","b":` + strings.Repeat("[", 30000) + strings.Repeat("]", 30000) + `}`, []string{"data"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, binaryError := tick.Decode(binary(t, map[string]string{"Ce-" + tt.attribute: tt.value}), []byte(tt.data))
			if diff := cmp.Diff(tt.want, failuretest.Fields(t, binaryError)); diff != "" {
				t.Errorf("binary mode: wrong fields (-want +got):\n%s\n%v", diff, binaryError)
			}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
			r.Header.Set("Content-Type", "application/cloudevents+json")
			_, structuredError := tick.Decode(r, structured(tt.attribute, tt.value, tt.data))
			wrong := failuretest.Fields(t, structuredError)
			if (tt.want == nil) != (wrong == nil) {
				t.Errorf("structured mode: wrong fields %q, want %q: %v", wrong, tt.want, structuredError)
			}
			for _, err := range []error{binaryError, structuredError} {
				if err != nil && len(err.Error()) > 1000 {
					t.Errorf("the error has %d bytes", len(err.Error()))
				}
			}
		})
	}
}

// structured returns an event in structured mode with a changed attribute.
func structured(attribute, value, data string) []byte {
	var text strings.Builder
	text.WriteString(`{"data":` + data)
	for name, standard := range map[string]string{
		"specversion": "1.0", "id": "tick-1", "type": "dev.knative.sources.ping", "time": "2026-11-24T06:12:04Z",
		"source": "/apis/v1/namespaces/default/pingsources/a",
	} {
		if name == attribute {
			standard = strings.ReplaceAll(value, "\t", `\t`)
		}
		text.WriteString(`,"` + name + `":"` + standard + `"`)
	}
	return []byte(text.String() + "}")
}

// A control character in an id passes a header no more than JSON.
func TestIDWithAZero(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
	r.Header.Set("Content-Type", "application/cloudevents+json")
	_, err := tick.Decode(r, structured("id", `a\u0000`, `{"app_id":"a"}`))
	if diff := cmp.Diff([]string{"id"}, failuretest.Fields(t, err)); diff != "" {
		t.Errorf("wrong fields (-want +got):\n%s\n%v", diff, err)
	}
}

func TestLargeTick(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"64 KiB and one byte": 64<<10 + 1, "1 MiB": 1 << 20} {
		for _, length := range []int64{int64(size), -1} { // -1: not said beforehand
			r := binary(t, nil)
			body := strings.NewReader(strings.Repeat(" ", size))
			r.ContentLength = length
			r.Body = struct {
				*strings.Reader
				nothing
			}{body, nothing{}}
			w := httptest.NewRecorder()
			tick.New(nil, nil, slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
			if read := size - body.Len(); w.Code != http.StatusRequestEntityTooLarge || read > 64<<10+1 {
				t.Errorf("%s, length %d: %d after %d bytes, want 413 after 65537 at most", name, length, w.Code, read)
			}
		}
	}
}

type nothing struct{}

func (nothing) Close() error { return nil }
