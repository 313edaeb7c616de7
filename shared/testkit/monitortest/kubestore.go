package monitortest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// report is an event about a Kubernetes Job, or what Kubernetes answered.
type report struct {
	version uint64
	status  job.KubeStatus
	asked   bool
}

// reports are sequences of reports, and which of them is stored in the end.
var reports = map[string]struct {
	reports []report
	want    int
	doubted bool
}{
	"in order":               {[]report{active("u", 7, 0), active("u", 8, 0)}, 1, false},
	"out of order":           {[]report{active("u", 8, 0), active("u", 7, 0)}, 0, true},
	"twice":                  {[]report{active("u", 7, 0), active("u", 7, 1)}, 1, false},
	"a huge version":         {[]report{active("u", forged, 0), active("u", 8, 1)}, 0, true},
	"a huge version, old":    {[]report{active("u", forged, 0), active("u", 8, 61)}, 1, true},
	"and the next one":       {[]report{active("u", forged, 0), active("u", 8, 61), active("u", 9, 62)}, 2, true},
	"19 digits":              {[]report{active("u", forged-1, 0), active("u", forged, 0), active("u", forged-1, 0)}, 1, true},
	"version 0":              {[]report{active("u", 8, 0), active("u", 0, 1)}, 0, true},
	"the end, a low version": {[]report{active("u", forged, 0), over("u", 8, 1)}, 1, true},
	"deleted, the same":      {[]report{active("u", forged, 0), gone("u", 8, 1)}, 1, true},
	"late after the end":     {[]report{over("u", 9, 0), active("u", 8, 100)}, 0, true},
	"another Job":            {[]report{active("u", forged, 0), active("v", 8, 0).created(1)}, 1, false},
	"another Job, ended":     {[]report{over("u", 9, 0), active("v", 12, 0)}, 1, false},
	"an earlier Job":         {[]report{active("v", 12, 0).created(1), active("u", 11, 1)}, 0, true},
	"an earlier Job's end":   {[]report{active("v", 12, 0).created(1), over("u", forged, 100)}, 0, true},
	"a Job that never was":   {[]report{active("x", forged, 0).created(1), active("u", 8, 61)}, 1, true},
	"unnamed":                {[]report{active("", 8, 0), over("", 7, 1)}, 0, true},
	"asked":                  {[]report{active("u", forged, 0), active("u", 8, 1), {0, active("u", 0, 2).status, true}}, 2, false},
	"asked, then an event":   {[]report{active("u", forged, 0), {0, active("u", 0, 2).status, true}, active("u", 9, 3)}, 2, false},
	"asked before an event":  {[]report{active("u", 9, 3), {0, active("u", 0, 2).status, true}}, 0, false},
	"asked, ended":           {[]report{active("u", forged, 0), {0, over("u", 0, 2).status, true}, active("u", 9, 3)}, 1, true},
	"asked, another Job":     {[]report{over("x", forged, 0), {0, active("u", 0, 2).status, true}, active("u", 9, 3)}, 2, false},
}

// forged is a version that no Job has.
const forged = 1<<63 - 1

// active returns a report that is stored some seconds after the first one.
func active(uid string, version uint64, seconds int64) report {
	return report{version, job.KubeStatus{Active: 1, Started: true, UID: uid, Saved: seconds * 1000}, false}
}

// over returns the report of a complete Job.
func over(uid string, version uint64, seconds int64) report {
	r := active(uid, version, seconds)
	r.status.Active, r.status.Complete = 0, true
	return r
}

// gone returns the report of a deleted Job.
func gone(uid string, version uint64, seconds int64) report {
	r := active(uid, version, seconds)
	r.status.Gone = true
	return r
}

func (r report) created(at int64) report {
	r.status.Created = at
	return r
}

func testContradictoryKubeStatus(t *testing.T, store monitor.Store) {
	t.Helper()
	count := 0
	for name, tt := range reports {
		count++
		id := job.ID(fmt.Sprintf("job-%d", count))
		create(t, store, Spec(id, "f"), running(0), monitor.CreatedNew)
		for _, r := range tt.reports {
			var err error
			if r.asked {
				err = store.ReplaceKubeStatus(t.Context(), id, r.status)
			} else {
				err = store.SaveKubeStatus(t.Context(), id, r.status, r.version)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		got := load(t, store, id, "")
		if diff := cmp.Diff(&tt.reports[tt.want].status, got.Kube); diff != "" || got.Doubted != tt.doubted {
			t.Errorf("%s: doubted %t, want %t; status (-want +got):\n%s", name, got.Doubted, tt.doubted, diff)
		}
	}
	if err := store.ReplaceKubeStatus(t.Context(), "unheard", job.KubeStatus{Active: 1}); err != nil {
		t.Fatal(err)
	}
	create(t, store, Spec("unheard", "f"), running(0), monitor.CreatedNew)
	if got := load(t, store, "unheard", "").Kube; got != nil {
		t.Errorf("an answer about a Job without events is stored: %+v", got)
	}
}
