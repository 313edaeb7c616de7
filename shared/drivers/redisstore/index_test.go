package redisstore_test

import (
	"testing"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/redistest"
)

// The index has lost a job whose events are not delivered. The job ends: the sweep
// must find its events all the same.
func TestEndAddsUndeliveredEventsToTheIndex(t *testing.T) {
	t.Parallel()
	client := open(t, redistest.Start(t).URL())
	store := redisstore.New(client)
	fill(t, store, "a", 1)
	if err := client.Del(t.Context(), "monitor:index").Err(); err != nil {
		t.Fatal(err)
	}
	record, err := store.Load(t.Context(), "a", "")
	if err != nil {
		t.Fatal(err)
	}
	state := record.State
	state.Phase, state.Outbox = job.PhaseFinished, []job.Event{{Job: "a", Sequence: 1, Kind: job.EventFinished}}
	if got, err := store.Commit(t.Context(), &monitor.Change{
		ID: "a", Revision: record.Revision, State: state, Retention: time.Hour,
	}); err != nil || got != monitor.CommitDone {
		t.Fatal(got, err)
	}
	page, err := store.List(t.Context(), "", 10)
	if err != nil || len(page.Records) != 1 {
		t.Errorf("listed %+v, %v, want the job", page, err)
	}
}
