package client

import (
	"strings"
	"testing"
	"unicode"

	"github.com/tmaxmax/go-sse"

	"kubejobs/shared/monitor"
)

// Whatever a server sends, an update has what its kind promises, and can be shown.
func FuzzMessage(f *testing.F) {
	for _, data := range []string{
		`{"view":"limit=3","total":1,"jobs":[{"id":"a"}]}`, `{"view":"limit=3","jobs":[null]}`, `{"view":"x"}`, `{"id":"a","samples":[{"timestamp":3}]}`,
		`{"id":"a","phase":"running"}`, `{"text":"\u001b[31m"}`, "null", "[]", "", `{"phase":"finished","reason":"x"}`, `{"timestamp":-1}`,
	} {
		for _, kind := range []string{"overview", "job", "samples", "gone", "trouble", "recovered", "lost", "sample", "phase", "x"} {
			f.Add(kind, data)
		}
	}
	f.Fuzz(func(t *testing.T, kind, data string) {
		m := sse.Event{Type: kind, Data: data}
		w := newWatching(Watched{Views: []monitor.View{{Limit: 3}}, Jobs: []WatchedJob{{ID: "a"}}})
		if u, ok := w.decode(m); ok {
			switch u.Kind {
			case UpdateOverview:
				for _, s := range u.Overview.Jobs {
					_ = s.ID
				}
			case UpdateJob:
				_ = u.Status.ID
			case UpdateTrouble:
				if strings.ContainsFunc(u.Err.Error(), func(r rune) bool { return !unicode.IsPrint(r) }) {
					t.Errorf("a terminal shows %q", u.Err)
				}
			case UpdateSamples, UpdateGone, UpdateRecovered:
			case UpdateLost, UpdateBack:
				t.Errorf("%q comes from a server", kind)
			}
		}
		_ = w.query()
		var e Event
		if e.decode(m) && (e.Sample == nil) != e.Phase.Valid() {
			t.Errorf("%s %s is read as %+v", kind, data, e)
		}
	})
}
