package monitor_test

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/history"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

// sampleAt ticks job a at an offset from the start and returns the sample's time.
func (b *bench) sampleAt(offset time.Duration) time.Time {
	b.t.Helper()
	b.at(offset)
	tick := monitor.Tick{ID: fmt.Sprint("tick at ", offset), Job: "a"} // of no instant: two may be in one second
	if got, err := b.service.Tick(b.t.Context(), tick); err != nil || got != monitor.OutcomeSampled {
		b.t.Fatalf("%s: %q, %v, want a sample", tick.ID, got, err)
	}
	return monitortest.Start.Add(offset)
}

// samplesEvery2s starts job a and ticks it n times.
func (b *bench) samplesEvery2s(n int) {
	b.t.Helper()
	b.queue.Set(full, nil)
	b.start("a")
	for i := range n {
		b.sampleAt(2 * time.Second * time.Duration(i+1))
	}
}

func (b *bench) samples(in monitor.SampleRange) monitor.Samples {
	b.t.Helper()
	part, err := b.service.Samples(b.t.Context(), "a", in)
	if err != nil {
		b.t.Fatal(err)
	}
	return part
}

// seconds returns the times of samples, in seconds after the start.
func seconds(samples []monitor.TimedSample) []float64 {
	offsets := []float64{}
	for _, s := range samples {
		offsets = append(offsets, s.At.Sub(monitortest.Start).Seconds())
	}
	return offsets
}

func TestSamplesOfARange(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.samplesEvery2s(5)
	at := func(seconds float64) time.Time {
		return monitortest.Start.Add(time.Duration(seconds * float64(time.Second)))
	}
	tests := map[string]struct {
		in   monitor.SampleRange
		want []float64
		more bool
	}{
		"all":                    {monitor.SampleRange{}, []float64{2, 4, 6, 8, 10}, false},
		"since a sample":         {monitor.SampleRange{Since: at(4)}, []float64{4, 6, 8, 10}, false},
		"since just after one":   {monitor.SampleRange{Since: at(4.000001)}, []float64{6, 8, 10}, false},
		"until a sample":         {monitor.SampleRange{Until: at(4)}, []float64{2}, false},
		"until just after one":   {monitor.SampleRange{Until: at(4.000001)}, []float64{2, 4}, false},
		"between":                {monitor.SampleRange{Since: at(3), Until: at(9)}, []float64{4, 6, 8}, false},
		"after the end":          {monitor.SampleRange{Since: at(11)}, []float64{}, false},
		"before the start":       {monitor.SampleRange{Until: at(1)}, []float64{}, false},
		"the first two":          {monitor.SampleRange{Limit: 2}, []float64{2, 4}, true},
		"exactly as many":        {monitor.SampleRange{Limit: 5}, []float64{2, 4, 6, 8, 10}, false},
		"one less":               {monitor.SampleRange{Limit: 4}, []float64{2, 4, 6, 8}, true},
		"as many as are between": {monitor.SampleRange{Since: at(3), Until: at(9), Limit: 3}, []float64{4, 6, 8}, false},
		"one less between":       {monitor.SampleRange{Since: at(3), Until: at(9), Limit: 2}, []float64{4, 6}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := b.samples(tt.in)
			if diff := cmp.Diff(tt.want, seconds(got.Samples)); diff != "" || got.More != tt.more {
				t.Errorf("more %t, want %t; samples (-want +got):\n%s", got.More, tt.more, diff)
			}
		})
	}
}

// A sample replaces the one before it in the same second, and the newest one is
// included before it has settled.
func TestSamplesAreThoseOfTheReport(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	if got := b.samples(monitor.SampleRange{}); got.Samples == nil || len(got.Samples) != 0 || got.More {
		t.Errorf("before the first tick: %+v, want an empty list", got)
	}
	b.sampleAt(2 * time.Second)
	if diff := cmp.Diff([]float64{2}, seconds(b.samples(monitor.SampleRange{}).Samples)); diff != "" {
		t.Errorf("after one tick (-want +got):\n%s", diff)
	}
	b.sampleAt(4 * time.Second)
	b.sampleAt(4900 * time.Millisecond)
	b.queue.Set(job.QueueCount{Results: 6}, nil)
	b.sampleAt(7 * time.Second)
	got := b.samples(monitor.SampleRange{})
	if diff := cmp.Diff([]float64{2, 4.9, 7}, seconds(got.Samples)); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	detailed, err := b.service.Detailed(t.Context(), "a")
	if err != nil || len(detailed) != len(got.Samples) {
		t.Fatalf("%d points in the report (%v), want %d", len(detailed), err, len(got.Samples))
	}
	for _, s := range got.Samples {
		want := job.Point{Error: s.Error, Job: s.Job, Replicas: s.Replicas, Time: s.Time}
		if point := detailed[s.At.Format("2006-01-02T15:04:05Z")]; point != want {
			t.Errorf("at %v the report has %+v, want %+v", s.At, point, want)
		}
	}
}

// old gives job a n samples, one every 2 s, by committing what ticks commit.
func (b *bench) old(n int, errorOf func(i int) float64) {
	b.t.Helper()
	b.start("a")
	record, err := b.store.Load(b.t.Context(), "a", "")
	if err != nil {
		b.t.Fatal(err)
	}
	state := record.State
	for i := range n {
		x := sample.Sample{At: monitortest.Start.Add(2 * time.Second * time.Duration(i+1)).UnixMilli(), Error: errorOf(i)}
		c := &monitor.Change{ID: "a", Revision: record.Revision + int64(i), TickID: strconv.Itoa(i), Sample: &x}
		if state.Summary, c.Settled = state.Summary.Fold(x); c.Settled != nil {
			state.History, c.Step = state.History.Offer()
		}
		c.State = state
		if got, err := b.store.Commit(b.t.Context(), c); err != nil || got != monitor.CommitDone {
			b.t.Fatalf("commit %d: %v, %v", i, got, err)
		}
	}
}

// The history drops samples, but never the extremes and the last one.
func TestSamplesHoldTheExtremes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const n, low, high = history.Max + 10, 501, 901 // odd numbers are left out
	b.old(n, func(i int) float64 { return map[int]float64{low: -1, high: 1}[i] })
	want := []float64{}
	for i := range n {
		if i%2 == 0 || i == low || i == high || i == n-1 {
			want = append(want, float64(2*(i+1)))
		}
	}
	if diff := cmp.Diff(want, seconds(b.samples(monitor.SampleRange{}).Samples)); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
}

func TestSamplesThatFail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.service.Samples(t.Context(), "a", monitor.SampleRange{}); !errors.Is(err, monitor.ErrUnknownJob) {
		t.Errorf("of an unknown job: %v, want %v", err, monitor.ErrUnknownJob)
	}
	b.start("a")
	b.redis.Close()
	if _, err := b.service.Samples(t.Context(), "a", monitor.SampleRange{}); !failure.IsRetryable(err) {
		t.Errorf("without the store: %v, want a retryable error", err)
	}
}
