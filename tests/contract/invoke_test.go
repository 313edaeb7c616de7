package contract_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// invocations are what the func CLI was seen to send, and what it must get.
var invocations = map[string]struct {
	status int
	holds  []string // texts of the body
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
				t.Fatalf("nothing says what %s must get", name)
			}
			got := w.exchange(t, w.address(invoked(t, name)))
			if want.status >= http.StatusBadRequest {
				if err := got.refusal(want.status); err != nil {
					t.Fatal(err)
				}
			}
			if got.status != want.status || got.header.Get("Content-Type") != "application/json" {
				t.Errorf("got status %d and Content-Type %q, want %d and JSON", got.status, got.header.Get("Content-Type"), want.status)
			}
			text := fmt.Sprint(got.object(t))
			for _, part := range want.holds {
				if !strings.Contains(text, part) {
					t.Errorf("got body %s, want it to hold %q", text, part)
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
