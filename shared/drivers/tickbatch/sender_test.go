package tickbatch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/tickbatch"
	"kubejobs/shared/monitor"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func key(text string) tickbatch.Key {
	return func(context.Context) ([]byte, error) { return []byte(text), nil }
}

func newSender(t *testing.T, handler http.HandlerFunc) *tickbatch.Sender {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	sender, err := tickbatch.New(tickbatch.Options{Sink: server.URL + "/all/", Key: key("k"), Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

// captured returns what a sender sends for a batch.
func captured(t *testing.T, b monitor.Batch) (body []byte, signature string) {
	t.Helper()
	sender := newSender(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		signature = r.Header.Get(monitor.BatchSignatureHeader)
		if r.URL.Path != "/all/ticks" || r.Method != http.MethodPost {
			t.Errorf("%s %s, want POST /all/ticks", r.Method, r.URL.Path)
		}
		_, _ = fmt.Fprint(w, `{"again":[]}`)
	})
	if again, err := sender.Send(t.Context(), b); err != nil || len(again) != 0 {
		t.Fatal(again, err)
	}
	return body, signature
}

var batch = monitor.Batch{Instant: noon, Due: []monitor.Due{{ID: "a", Life: 5}, {ID: "b", Life: 7}}}

// What was sent is read back; what anybody changed, signed with another key or sent later
// is refused.
func TestOpen(t *testing.T) {
	t.Parallel()
	body, signature := captured(t, batch)
	tests := map[string]struct {
		key, body, signature string
		late                 time.Duration
		want                 failure.Kind
	}{
		"as it was sent":    {"k", string(body), signature, 0, ""},
		"a minute later":    {"k", string(body), signature, time.Minute, ""},
		"a clock behind":    {"k", string(body), signature, -time.Minute, ""},
		"an hour later":     {"k", string(body), signature, time.Hour, failure.KindUnauthenticated},
		"an hour before":    {"k", string(body), signature, -time.Hour, failure.KindUnauthenticated},
		"another key":       {"l", string(body), signature, 0, failure.KindUnauthenticated},
		"another job":       {"k", strings.Replace(string(body), `"a"`, `"c"`, 1), signature, 0, failure.KindUnauthenticated},
		"no signature":      {"k", string(body), "", 0, failure.KindUnauthenticated},
		"a short signature": {"k", string(body), signature[:32], 0, failure.KindUnauthenticated},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tickbatch.Open(t.Context(), key(tt.key), []byte(tt.body), tt.signature, noon.Add(tt.late))
			if tt.want != "" {
				if failure.KindOf(err) != tt.want || len(got.Due) != 0 {
					t.Errorf("%v, %v, want %s and nothing", got, err, tt.want)
				}
				return
			}
			if diff := cmp.Diff(batch, got); err != nil || diff != "" {
				t.Errorf("%v (-sent +read):\n%s", err, diff)
			}
		})
	}
}

// A body without a signature does not make the state Redis read its key.
func TestOpenReadsNoKeyInVain(t *testing.T) {
	t.Parallel()
	read := func(context.Context) ([]byte, error) { t.Error("the key was read"); return nil, nil }
	if _, err := tickbatch.Open(t.Context(), read, nil, "x", noon); err == nil {
		t.Error("no error")
	}
}

// Even a signed batch says nothing that a batch cannot.
func TestOpenChecks(t *testing.T) {
	t.Parallel()
	many := monitor.Batch{Instant: noon}
	for n := range monitor.MaxBatch + 1 {
		many.Due = append(many.Due, monitor.Due{ID: job.ID(fmt.Sprint("j", n))})
	}
	for name, b := range map[string]monitor.Batch{
		"too many": many, "no id": {Instant: noon, Due: []monitor.Due{{ID: "../a"}}}, "a negative life": {Instant: noon, Due: []monitor.Due{{ID: "a", Life: -1}}},
	} {
		body, signature := captured(t, b)
		if _, err := tickbatch.Open(t.Context(), key("k"), body, signature, noon); failure.KindOf(err) != failure.KindInvalid {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
}

// The answer says what must be sent again, and whether that may help.
func TestSendReadsTheAnswer(t *testing.T) {
	t.Parallel()
	text := func(again ...monitor.Due) string {
		encoded, _ := json.Marshal(tickbatch.Answer(again))
		return string(encoded)
	}
	tests := map[string]struct {
		status int
		body   string
		again  []monitor.Due
		want   failure.Kind
	}{
		"all taken":            {200, text(), nil, ""},
		"one again":            {200, text(batch.Due[1]), batch.Due[1:], ""},
		"one that is nobody's": {200, text(monitor.Due{ID: "z"}), nil, ""},
		"not ready":            {503, "", nil, failure.KindUnavailable},
		"another key":          {401, "", nil, failure.KindUnavailable},
		"refused":              {400, "", nil, failure.KindRefused},
		"a redirect":           {302, "", nil, failure.KindRefused},
		"not ours":             {200, "<html>", nil, failure.KindRefused},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sender := newSender(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			})
			again, err := sender.Send(t.Context(), batch)
			if diff := cmp.Diff(tt.again, again); diff != "" {
				t.Errorf("again (-want +got):\n%s", diff)
			}
			if (err == nil) != (tt.want == "") || err != nil && failure.KindOf(err) != tt.want {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
