package monitortest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

func testMarkScheduled(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	for _, want := range []bool{true, false} {
		err := store.MarkScheduled(t.Context(), "a", Spec("a", "f").Life(), want)
		if got := load(t, store, "a", ""); err != nil || got.Scheduled != want || got.Revision != 1 {
			t.Errorf("MarkScheduled(%t): %v, then %+v, want the mark at revision 1", want, err, got)
		}
	}
}

func testSaveKubeStatus(t *testing.T, store monitor.Store) {
	t.Helper()
	save := func(status job.KubeStatus, version uint64) {
		t.Helper()
		if err := store.SaveKubeStatus(t.Context(), "a", status, version); err != nil {
			t.Fatal(err)
		}
	}
	save(job.KubeStatus{Active: 2, Started: true}, 7) // before the job is monitored
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	save(job.KubeStatus{Active: 9}, 6) // older
	if diff := cmp.Diff(&job.KubeStatus{Active: 2, Started: true}, load(t, store, "a", "").Kube); diff != "" {
		t.Errorf("after saving an older status (-want +got):\n%s", diff)
	}
	save(job.KubeStatus{Complete: true}, 12) // newer as a number, though not as text
	if diff := cmp.Diff(&job.KubeStatus{Complete: true}, load(t, store, "a", "").Kube); diff != "" {
		t.Errorf("after saving a newer status (-want +got):\n%s", diff)
	}
	for i, pair := range [][2]uint64{{1<<53 + 1, 1 << 53}, {1<<63 + 1, 1 << 63}, {1<<64 - 1, 1<<64 - 2}} {
		newer := job.KubeStatus{Active: int64(i + 1)}
		save(newer, pair[0])
		save(job.KubeStatus{Active: 9}, pair[1])
		if diff := cmp.Diff(&newer, load(t, store, "a", "").Kube); diff != "" {
			t.Errorf("after saving version %d, then %d (-want +got):\n%s", pair[0], pair[1], diff)
		}
	}
	create(t, store, Spec("b", "f"), running(0), monitor.CreatedNew)
	if got := load(t, store, "b", "").Kube; got != nil {
		t.Errorf("a job whose status was never saved has %+v, want nil", got)
	}
}

func testMarkPublishers(t *testing.T, store monitor.Store) {
	t.Helper()
	create(t, store, Spec("a", "f"), running(0), monitor.CreatedNew)
	if got := load(t, store, "a", "").Publishers; got != nil {
		t.Errorf("a new job has the publishers %v, want none", got)
	}
	want := map[string]monitor.PublisherState{"x": {Failing: true, LastError: `it said "no"`, At: 7}}
	if err := store.MarkPublishers(t.Context(), "a", Spec("a", "f").Life(), want); err != nil {
		t.Fatal(err)
	}
	got := load(t, store, "a", "")
	if diff := cmp.Diff(want, got.Publishers); diff != "" || got.Revision != 1 {
		t.Errorf("revision %d, want 1; publishers (-want +got):\n%s", got.Revision, diff)
	}
}
