package publishers_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"kubejobs/functions"
	"kubejobs/tests/world"
)

// metric returns the value of a metric, -1 if there is none.
func metric(t *testing.T, w *world.World, series string) int {
	t.Helper()
	for line := range strings.Lines(w.Call(http.MethodGet, "/metrics", "").Body) {
		if text, ok := strings.CutPrefix(line, series+" "); ok {
			value, err := strconv.Atoi(strings.TrimSpace(text))
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			return value
		}
	}
	return -1
}

// While the Redises of many jobs do not answer, only their ticks fail: each tick of
// another job takes a sample.
func TestBlackHoleRedises(t *testing.T) {
	functions.QuietRedis()
	shared := silent(t, "127.0.0.1")
	for name, hole := range map[string]func(i int) (port int, database int){
		"that accept, or never do": func(i int) (int, int) {
			if i%2 == 0 {
				return silent(t, "127.0.0.1"), 0
			}
			return full(t, "127.0.0.1"), 0
		},
		"that are databases of one": func(i int) (int, int) { return shared, i },
	} {
		t.Run(name, func(t *testing.T) {
			w := openDefault(t, map[string]string{})
			w.Fill(6, 0, 0)
			start(w, "good", "")
			var infos []string
			for i := range holes {
				port, database := hole(i)
				infos = append(infos, fmt.Sprintf(`"redis_ip":"127.0.0.1","redis_port":%d,"redis_db":%d`, port, database))
			}
			ids := startAll(t, w, "hole", infos)
			without, before := round(w, 1, nil)
			with, most := without, before
			for at := range 2 {
				with, most = round(w, 2+at, ids)
			}
			t.Logf("the last tick took %v with and %v without, %d goroutines with and %d without", with, without, most, before)
			if limit := before + 20*holes; most > limit {
				t.Errorf("%d goroutines, want at most %d", most, limit)
			}
			if got := w.Published("good"); got != 3 || w.Status("good").Ticks.Received != 3 {
				t.Errorf("%d samples of %+v, want one for each of three ticks", got, w.Status("good").Ticks)
			}
			for _, id := range ids {
				if got := w.Status(id); got.Ticks.Received != 2 || got.Failures == 0 {
					t.Errorf("%s: %+v, want two ticks that failed", id, got)
				}
			}
		})
	}
}
