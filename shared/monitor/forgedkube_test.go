package monitor_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

// A forged event about a Kubernetes Job does not keep the honest ones out: the end of
// the Job is seen at the next tick, and a sweep replaces what is wrong.
func TestForgedKubeStatus(t *testing.T) {
	t.Parallel()
	const day = 24 * 60 * 60 * 1000
	created := monitortest.Start.Add(-time.Hour).UnixMilli()
	tests := map[string]struct {
		forged  job.KubeStatus
		version uint64
		swept   bool // the honest status counts after a sweep only
	}{
		"version 0":               {job.KubeStatus{Active: 99, Started: true, UID: "u", Created: created}, 0, false},
		"a huge version":          {job.KubeStatus{Active: 99, Started: true, UID: "u", Created: created}, math.MaxInt64, true},
		"a Job of the future":     {job.KubeStatus{Active: 99, Started: true, UID: "x", Created: math.MaxInt64}, 1, true},
		"a Job of now":            {job.KubeStatus{Active: 99, Started: true, UID: "x", Created: created + day}, math.MaxInt64, true},
		"without a UID":           {job.KubeStatus{Active: 99, Started: true}, math.MaxInt64, true},
		"suspended":               {job.KubeStatus{Suspended: true, UID: "u", Created: created}, math.MaxInt64, true},
		"deleted":                 {job.KubeStatus{Gone: true, UID: "u", Created: created}, math.MaxInt64, true},
		"another Job, deleted":    {job.KubeStatus{Gone: true, UID: "x", Created: created + day}, math.MaxInt64, true},
		"an earlier Job, deleted": {job.KubeStatus{Gone: true, UID: "x", Created: created - day}, math.MaxInt64, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			cluster := &monitortest.KubeJobs{}
			b.buildSwept(cluster)
			b.queue.Set(half, nil)
			b.start("a")
			version, ticks := uint64(7), 0
			honest := func(status job.KubeStatus) int64 {
				t.Helper()
				status.UID, status.Created = "u", created
				cluster.Set("a", status)
				b.report(status, version)
				version++
				b.pass(2 * time.Second)
				ticks++
				b.tick(fmt.Sprintf("t%d", ticks), monitor.OutcomeSampled)
				return b.status().Last.Replicas
			}
			if got := honest(job.KubeStatus{Active: 1, Started: true}); got != 1 {
				t.Fatalf("%d replicas, want 1", got)
			}
			b.report(tt.forged, tt.version)
			if got := honest(job.KubeStatus{Active: 2, Started: true}); (got != 2) != tt.swept {
				t.Errorf("%d replicas, want 2 only if no sweep is needed", got)
			}
			if _, err := b.service.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, active := range []int64{3, 4} {
				if got := honest(job.KubeStatus{Active: active, Started: true}); got != active {
					t.Errorf("%d replicas after the sweep, want %d", got, active)
				}
			}
			b.report(tt.forged, tt.version)
			honest(job.KubeStatus{Started: true, Complete: true})
			if tt.forged.Gone || tt.forged.UID == "x" || tt.forged.UID == "" {
				if _, err := b.service.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if got := b.status(); got.Phase != job.PhaseFinished {
				t.Errorf("%s (%s), want finished", got.Phase, got.Reason)
			}
		})
	}
}

// Without a question to Kubernetes a forged status is trusted for a minute.
func TestForgedKubeStatusWithoutKubernetes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.buildStored()
	b.queue.Set(half, nil)
	b.start("a")
	b.report(job.KubeStatus{Active: 99, Started: true, UID: "u"}, math.MaxInt64)
	for n, want := range []int64{99, 99, 2, 3} {
		b.pass(25 * time.Second)
		b.report(job.KubeStatus{Active: int64(n), Started: true, UID: "u"}, uint64(10+n))
		b.tick(fmt.Sprintf("t%d", n), monitor.OutcomeSampled)
		if got := b.status().Last.Replicas; got != want {
			t.Errorf("%d replicas after report %d, want %d", got, n, want)
		}
	}
}

// No version is larger than a revision of etcd.
func TestImpossibleVersion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.buildStored()
	b.start("a")
	err := b.service.SaveKubeStatus(t.Context(), "a", job.KubeStatus{Active: 99}, math.MaxInt64+1)
	if failure.KindOf(err) != failure.KindInvalid {
		t.Errorf("SaveKubeStatus = %v, want an error of kind invalid", err)
	}
}
