// Package monitortest provides tests of monitor's ports: a suite that every store
// must pass, and fakes that produce the faults that real drivers do not.
package monitortest

import (
	"errors"
	"testing"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/summary"
	"kubejobs/shared/monitor"
)

// Start is the time at which the suite's jobs are accepted.
var Start = time.Date(2026, 11, 24, 5, 41, 7, 0, time.UTC)

// Spec returns a job's spec for tests.
func Spec(id job.ID, fingerprint string) job.Spec {
	return job.Spec{
		ID: id, Items: 6, Budget: time.Minute, Submitted: Start, Period: 2 * time.Second,
		Queue: job.Queue{Address: job.Address{Host: "127.0.0.1", Port: 6379}}, Strategy: "default",
		Fingerprint: fingerprint, Accepted: Start,
	}
}

// later returns the spec of the next life.
func later(spec job.Spec) job.Spec {
	spec.Accepted = spec.Accepted.Add(time.Second)
	return spec
}

// RunStore runs the suite. open returns an empty store that shares no data with
// another.
func RunStore(t *testing.T, open func(t *testing.T) monitor.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, monitor.Store){
		"unknown job":                           testUnknown,
		"create and load":                       testCreate,
		"create of a living job":                testCreateLiving,
		"create after the end":                  testCreateAfterEnd,
		"replay":                                testReplay,
		"list pages":                            testList,
		"list drops ended jobs":                 testListEnded,
		"list keeps jobs with an outbox":        testListUndelivered,
		"commit":                                testCommit,
		"commit of a tick committed before":     testCommitDuplicate,
		"commit on an older revision":           testCommitConflict,
		"oldest ticks are forgotten":            testTicksForgotten,
		"history is halved":                     testHistory,
		"counters":                              testCounters,
		"mark scheduled":                        testMarkScheduled,
		"mark publishers":                       testMarkPublishers,
		"marks belong to a life":                testMarksOfALife,
		"create comes late":                     testLateCreate,
		"suspicions":                            testSuspect,
		"index and discard":                     testIndexAndDiscard,
		"nothing to recover":                    testRecoverNothing,
		"list order":                            testListOrder,
		"save the status of a Kubernetes Job":   testSaveKubeStatus,
		"contradictory status of a Job":         testContradictoryKubeStatus,
		"places":                                testPlaces,
		"places of a caller":                    testPlacesOfACaller,
		"places that were left behind":          testFreePlaces,
		"concurrent starts take no more places": testConcurrentPlaces,
		"ended jobs":                            testEnded,
		"records":                               testRecords,
		"journal":                               testJournal,
		"use of a queue":                        testUseQueue,
		"use of a queue belongs to a life":      testUseQueueOfALife,
		"queues that share a list":              testSharedLists,
		"many jobs use a queue":                 testManyUseAQueue,
		"key of the fingerprints":               testFingerprintKey,
		"concurrent commits are all folded in":  testConcurrentCommits,
		"concurrent creates store one job":      testConcurrentCreates,
		"concurrent restarts are listed":        testConcurrentRestarts,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func testUnknown(t *testing.T, store monitor.Store) {
	t.Helper()
	ctx := t.Context()
	if _, err := store.Load(ctx, "none", "tick"); !errors.Is(err, monitor.ErrUnknownJob) {
		t.Errorf("Load: %v, want %v", err, monitor.ErrUnknownJob)
	}
	got, err := store.Commit(ctx, &monitor.Change{ID: "none", State: job.State{Phase: job.PhaseRunning}})
	if err != nil || got != monitor.CommitGone {
		t.Errorf("Commit = %v, %v, want %v", got, err, monitor.CommitGone)
	}
	for name, mark := range map[string]func() error{
		"MarkScheduled":  func() error { return store.MarkScheduled(ctx, "none", 0, true) },
		"CountDuplicate": func() error { return store.CountDuplicate(ctx, "none", 0) },
		"CountSurplus":   func() error { return store.CountSurplus(ctx, "none", 0) },
		"MarkPublishers": func() error { return store.MarkPublishers(ctx, "none", 0, nil) },
	} {
		if err := mark(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := store.Load(ctx, "none", ""); !errors.Is(err, monitor.ErrUnknownJob) {
		t.Errorf("Load after the marks: %v, want %v: marks must not create a job", err, monitor.ErrUnknownJob)
	}
}

// running returns the state of a running job with count samples.
func running(count int64) job.State {
	return job.State{Phase: job.PhaseRunning, Summary: summary.Summary{Count: count}}
}

// ended returns the state of a finished job.
func ended() job.State {
	return job.State{Phase: job.PhaseFinished, EndedAt: Start.UnixMilli()}
}

// create creates a job and expects the result want.
func create(t *testing.T, store monitor.Store, spec job.Spec, state job.State, want monitor.CreateResult) {
	t.Helper()
	if got, err := store.Create(t.Context(), spec, state); err != nil || got != want {
		t.Fatalf("Create = %v, %v, want %v", got, err, want)
	}
}

// commit commits a change and expects the result want.
func commit(t *testing.T, store monitor.Store, c *monitor.Change, want monitor.CommitResult) {
	t.Helper()
	if got, err := store.Commit(t.Context(), c); err != nil || got != want {
		t.Fatalf("Commit = %v, %v, want %v", got, err, want)
	}
}

func load(t *testing.T, store monitor.Store, id job.ID, tickID string) monitor.Record {
	t.Helper()
	record, err := store.Load(t.Context(), id, tickID)
	if err != nil {
		t.Fatal(err)
	}
	return *record
}

// list returns the ids on the page of List after a cursor.
func list(t *testing.T, store monitor.Store, after job.ID, limit int) []job.ID {
	t.Helper()
	page, err := store.List(t.Context(), after, limit)
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]job.ID, 0, len(page.Records))
	for _, r := range page.Records {
		ids = append(ids, r.Spec.ID)
	}
	return ids
}
