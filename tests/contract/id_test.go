package contract_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// idCalls are the calls that name a job.
var idCalls = map[string]struct{ method, suffix string }{
	"start":    {http.MethodPost, ""},
	"stop":     {http.MethodPut, "/stop"},
	"report":   {http.MethodGet, "/report"},
	"detailed": {http.MethodGet, "/report/detailed"},
	"status":   {http.MethodGet, ""},
}

// TestBadIDs calls with invalid ids, as they appear in a request line.
func TestBadIDs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		id    string
		plain bool // net/http itself refuses the request line, without JSON
	}{
		"the folder above":          {id: "../x"},
		"the folder above, escaped": {id: "..%2Fx"},
		"two dots":                  {id: ".."},
		"two dots, escaped":         {id: "%2E%2E"},
		"a dot":                     {id: "."},
		"a name with a dot":         {id: "a.b"},
		"a suffix twice":            {id: "a.json.json"},
		"a slash, escaped":          {id: "a%2Fb"},
		"a backslash":               {id: `a\b`},
		"a space":                   {id: "a b", plain: true},
		"a space, escaped":          {id: "a%20b"},
		"a plus":                    {id: "a+b"},
		"64 characters":             {id: strings.Repeat("a", 64)},
		"a thousand characters":     {id: strings.Repeat("a", 1000)},
		"upper case":                {id: "Job"},
		"nothing":                   {id: ""},
		"a dash first":              {id: "-a"},
		"a dash last":               {id: "a-"},
		"an underscore":             {id: "a_b"},
		"a letter beyond ASCII":     {id: "%C3%BC"},
		"such a letter, unescaped":  {id: "ü"},
		"letters that look alike":   {id: "%D0%B0"},
		"invalid UTF-8":             {id: "%FF"},
		"NUL":                       {id: "a%00b"},
		"a line break at the end":   {id: "a%0A"},
		"a hash tag":                {id: "%7Ba%7D"},
		"a broken escape":           {id: "a%2", plain: true},
	}
	w := newWorld(t, nil)
	good := job{id: "good", items: 6, budget: time.Minute, submitted: noon}
	w.start(t, good, moment{waiting: 6})
	before := w.keys(t)
	for call, c := range idCalls {
		for name, tt := range tests {
			t.Run(call+" of "+name, func(t *testing.T) {
				got := w.call(t, c.method, "/monitoring/"+tt.id+c.suffix, w.body(good))
				if tt.plain {
					if got.status != http.StatusBadRequest || got.header.Get(handled) != "" {
						t.Errorf("got status %d, handled %q; want 400 from net/http", got.status, got.header.Get(handled))
					}
					return
				}
				if err := got.checkRefusal(http.StatusBadRequest); err != nil {
					t.Error(err)
				}
			})
		}
	}
	if diff := cmp.Diff(before, w.keys(t)); diff != "" {
		t.Errorf("keys in the state Redis (-before +after):\n%s", diff)
	}
	if keys := w.queue.DBSize(t.Context()).Val(); keys != 1 {
		t.Errorf("got %d keys in the job's Redis, want only its list", keys)
	}
}
