package monitor_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/monitor"
)

// A driver that panics fails the tick, not the process.
func TestDriverThatPanics(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	list := b.list.Next
	b.list.Next = pushFunc(func(string, sample.Sample) error { panic("secret") })
	b.at(2 * time.Second)
	b.tick("t1", monitor.OutcomeSampled)
	if state := b.status().Publishers[monitor.SampleListName]; !state.Failing || state.LastError != "internal error" {
		t.Errorf("the list %+v, want an internal error", state)
	}
	b.list.Next = list
	b.at(4 * time.Second)
	b.tick("t2", monitor.OutcomeSampled)
	if state := b.status().Publishers[monitor.SampleListName]; state.Failing {
		t.Errorf("the list %+v, want not failing any more", state)
	}
}

// panicking is a monitor.Queue and a monitor.KubeJobs that panics.
type panicking struct{}

func (panicking) Count(context.Context, job.Queue) (job.QueueCount, error) { panic("secret") }

func (panicking) Status(context.Context, job.ID) (job.KubeStatus, error) { panic("secret") }

func TestObservationThatPanics(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(full, nil)
	b.start("a")
	b.service = monitor.NewService(monitor.Config{
		Retries: retries, Retention: time.Hour, Now: b.clock,
		DefaultQueue: func(job.ID) job.Address { return b.address() },
	}, monitor.Ports{
		Store: b.store, Queue: panicking{}, KubeJobs: panicking{}, SampleList: b.list, Scheduler: b.scheduler,
	}, slog.New(slog.DiscardHandler))
	b.at(2 * time.Second)
	b.tick("t1", monitor.OutcomeFailed)
	status := b.status()
	if u := status.Unobserved; status.LastError != "internal error" || u == nil || u.Queue == nil || u.Kube == nil ||
		strings.Contains(u.Queue.Error+u.Kube.Error, "secret") {
		t.Errorf("status = %+v, want an internal error of both halves", status)
	}
}
