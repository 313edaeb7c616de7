package contract_test

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestLargeBodies sends 10 MB with every call: it is refused, and the state does not
// change.
func TestLargeBodies(t *testing.T) {
	t.Parallel()
	const size = 10 << 20
	w := newWorld(t, nil)
	j := job{id: "good", items: 6, budget: time.Minute, submitted: noon}
	w.start(t, j, moment{waiting: 6})
	before := w.keys(t)
	// Without the limit it would be valid: only spaces are added between the fields.
	valid := w.body(j)
	large := []byte(valid[:1] + string(bytes.Repeat([]byte(" "), size-len(valid))) + valid[1:])
	event := w.event(t, "good")
	head, data, _ := bytes.Cut(event, []byte("\r\n\r\n"))
	padded := append(bytes.Repeat([]byte(" "), size), data...)
	chunked := func(method, target string) []byte {
		return fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: kubejobs\r\nContent-Type: application/json\r\n"+
			"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", method, target, len(large), large)
	}
	tests := map[string]struct {
		request []byte
		want    int
	}{
		"start":            {compose("POST", "/monitoring/large", string(large)), http.StatusRequestEntityTooLarge},
		"start in a chunk": {chunked("POST", "/monitoring/large"), http.StatusRequestEntityTooLarge},
		"tick":             {join(head, padded), http.StatusRequestEntityTooLarge},
		"stop":             {compose("PUT", "/monitoring/large/stop", string(large)), http.StatusBadRequest},
		"report":           {compose("GET", "/monitoring/large/report", string(large)), http.StatusBadRequest},
		"detailed":         {compose("GET", "/monitoring/large/report/detailed", string(large)), http.StatusBadRequest},
		"detailed, chunk":  {chunked("GET", "/monitoring/large/report/detailed"), http.StatusBadRequest},
		"plugins":          {compose("POST", "/plugins", string(large)), http.StatusBadRequest},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := w.converse(tt.request, false)
			if err != nil {
				t.Fatal(err)
			}
			if err := got.checkRefusal(tt.want); err != nil {
				t.Error(err)
			}
		})
	}
	if diff := cmp.Diff(before, w.keys(t)); diff != "" {
		t.Errorf("keys in the state Redis (-before +after):\n%s", diff)
	}
	if got := w.tick(t, "good"); got != "sampled" {
		t.Errorf("tick afterwards: got outcome %q, want sampled", got)
	}
}
