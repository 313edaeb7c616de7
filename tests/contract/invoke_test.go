package contract_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// invocations are the captured requests of the func CLI, and the answers that it must
// get.
var invocations = map[string]struct {
	status int
	parts  []string // of the body
}{
	"invoke-default":            {http.StatusOK, []string{"POST", "/monitoring/{id}", "expected_time", "report", "stop"}},
	"invoke-cloudevent-default": {http.StatusBadRequest, []string{"type", "dev.knative.sources.ping", "boson.fn"}},
	"invoke-cloudevent":         {http.StatusBadRequest, []string{"type", "dev.knative.sources.ping", "org.example.tick"}},
	"invoke-get":                {http.StatusBadRequest, []string{"no such job"}},
	"invoke-start":              {http.StatusNotFound, []string{"no such path"}},
}

func TestInvocations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, name := range names(t, funcFolder, ".txt") {
		t.Run(name, func(t *testing.T) {
			want, ok := invocations[name]
			if !ok {
				t.Fatalf("%s has no entry in invocations", name)
			}
			got := w.exchange(t, w.address(invoked(t, name)))
			if want.status >= http.StatusBadRequest {
				if err := got.checkRefusal(want.status); err != nil {
					t.Fatal(err)
				}
			}
			if got.status != want.status || got.header.Get("Content-Type") != "application/json" {
				t.Errorf("got status %d and Content-Type %q, want %d and JSON", got.status, got.header.Get("Content-Type"), want.status)
			}
			text := fmt.Sprint(got.object(t))
			for _, part := range want.parts {
				if !strings.Contains(text, part) {
					t.Errorf("got body %s, want it to contain %q", text, part)
				}
			}
		})
	}
	if len(invocations) != len(names(t, funcFolder, ".txt")) {
		t.Errorf("%d files in %s, want %d", len(names(t, funcFolder, ".txt")), funcFolder, len(invocations))
	}
	if diff := cmp.Diff(map[string]bool{}, w.keys(t)); diff != "" {
		t.Errorf("keys in the state Redis (-want +got):\n%s", diff)
	}
}
