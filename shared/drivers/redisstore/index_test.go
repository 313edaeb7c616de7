package redisstore_test

import (
	"testing"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/redisstore"
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
	finish(t, store, "a", []job.Event{{Job: "a", Sequence: 1, Kind: job.EventFinished}})
	page, err := store.List(t.Context(), "", 10)
	if err != nil || len(page.Records) != 1 {
		t.Errorf("listed %+v, %v, want the job", page, err)
	}
}
