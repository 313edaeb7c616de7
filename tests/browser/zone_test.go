package browser_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the readers
)

// Times are those of the reader's zone, in the list, on a job's page and in its report.
func TestZones(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, name := range []string{"America/St_Johns", "Asia/Kathmandu"} { // no whole hours
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			place, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			p := open(t, s.URL, "/", zone(name))
			deadline := s.Status("running").Deadline.In(place)
			shows := func(selector string, at time.Time) {
				t.Helper()
				p.untilGo(selector+" shows "+at.Format("15:04"), func() bool {
					shown := strings.ReplaceAll(p.text(selector), "\u202f", " ")
					return strings.Contains(shown, at.Format("15:04")) || strings.Contains(shown, at.Format("3:04"))
				})
			}
			shows(`tr[data-id="running"] time`, deadline)
			p.visit("/ui/jobs/running")
			shows(`time[data-time="deadline"]`, deadline)
			p.visit("/ui/jobs/finished")
			ended := s.Status("finished").EndedAt.In(place)
			shows(`time[data-time="ended"]`, ended)
			shows("#report", ended)
			shows("#events", ended)
		})
	}
}
