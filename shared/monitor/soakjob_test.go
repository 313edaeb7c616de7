package monitor_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// story is what happens to a job of a soak.
type story int

const (
	storyDrain      story = iota // its workers do all items
	storyExpire                  // as storyDrain, and its Job is deleted as soon as it is complete
	storyRefuse                  // as storyDrain, and its sample list is somebody else's
	storyRestart                 // it is stopped and started again, twice, and then as storyDrain
	storyLeave                   // its Job completes with items left
	storyFail                    // its Job fails
	storyDelete                  // its Job is deleted with items left
	storyLose                    // its Redis restarts empty
	storyUnreadable              // its queue becomes unreadable
	storyStop                    // its client stops it
	storyDamage                  // its record is damaged
	storyEndless                 // it goes on
	stories
)

// soakJob is one job of a soak, with its queue and its workers.
type soakJob struct {
	*soak
	id      job.ID
	port    int // names its queue
	story   story
	items   int64
	rate    int64 // items that its workers do in a step
	begins  int   // step of its start
	turns   int   // steps from there until its story turns
	started bool
	over    bool // its workers have ended
	lives   int
	stopped bool // of storyRestart: between two lives

	mu    sync.Mutex
	count job.QueueCount
	err   error
}

func newSoakJob(s *soak, n int) *soakJob {
	j := &soakJob{
		soak: s, id: job.ID(fmt.Sprintf("job-%03d", n)), port: n + 1, story: story(n % int(stories)),
		items: 50 + s.rand.Int64N(40), rate: 1 + s.rand.Int64N(2), begins: s.rand.IntN(20), turns: 12 + s.rand.IntN(12),
	}
	kube := j.story == storyExpire || j.story == storyLeave || j.story == storyFail || j.story == storyDelete
	if kube && s.source == "queue" {
		j.story = storyDrain
	}
	if j.story == storyEndless {
		j.items = 100_000
	}
	return j
}

// Count implements monitor.Queue for all jobs of the soak.
func (s *soak) Count(_ context.Context, at job.Queue) (job.QueueCount, error) {
	j := s.jobs[at.Port-1]
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.count, j.err
}

// set sets what the queue answers.
func (j *soakJob) set(count job.QueueCount, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.count, j.err = count, err
}

// next makes the workers of the job do their part of a step, and returns what its
// client does in it; nil for nothing.
func (j *soakJob) next(step int) func() {
	if !j.started {
		if step < j.begins || j.faults.blocksClients() {
			return nil
		}
		j.begins, j.started = step, true
		return j.begin
	}
	if !j.over {
		j.work()
	}
	if step-j.begins < j.turns || j.faults.blocksClients() {
		return nil
	}
	return j.turn(step)
}

// begin fills the queue, creates the Job and starts the monitoring.
func (j *soakJob) begin() {
	j.set(job.QueueCount{Queued: j.items}, nil)
	j.lives++
	j.kube(job.KubeStatus{Active: 2, Started: true})
	j.until(func() error {
		_, err := j.service.Start(j.t.Context(), monitor.Request{
			ID: j.id, Plugin: "kubejobs", Budget: time.Hour, Items: j.items, QueueHost: "127.0.0.1", QueuePort: j.port, Fingerprint: "f",
		})
		return err
	})
}

// until repeats a call of a client until it succeeds.
func (j *soakJob) until(call func() error) { until(j.t, call) }

// kube changes the Kubernetes Job, and reports the change.
func (j *soakJob) kube(status job.KubeStatus) {
	if status.Gone {
		j.cluster.Delete(j.id)
	} else {
		j.cluster.Set(j.id, status)
	}
	if j.source == "events" {
		j.until(func() error { return j.feed.Report(j.t.Context(), j.id, status) })
	}
}

// work does some items. The Job is complete with the last one, and its story can no
// longer turn.
func (j *soakJob) work() {
	j.mu.Lock()
	c := &j.count
	c.Results += c.InFlight
	c.InFlight = min(j.rate, c.Queued)
	c.Queued -= c.InFlight
	j.over = c.Left() == 0
	j.mu.Unlock()
	if !j.over {
		return
	}
	switch j.story {
	case storyLeave, storyFail, storyDelete, storyLose, storyUnreadable, storyStop, storyDamage:
		j.story = storyDrain // faults delayed the turn of its story until after the last item
	case storyDrain, storyExpire, storyRefuse, storyRestart, storyEndless, stories:
	}
	end := job.KubeStatus{Started: true, Complete: true}
	j.kube(end)
	if j.story == storyExpire {
		end.Gone = true
		j.kube(end)
	}
}

// turn is the turn of a story. It is called until the story is over.
func (j *soakJob) turn(step int) func() {
	if j.over && j.story != storyRestart {
		return nil
	}
	switch j.story {
	case storyLeave:
		j.end(job.KubeStatus{Started: true, Complete: true})
	case storyFail:
		j.end(job.KubeStatus{Started: true, Failed: true, Reason: "BackoffLimitExceeded"})
	case storyDelete:
		if record, err := j.store.Load(j.t.Context(), j.id, ""); err != nil || !record.State.KubeSeen {
			return nil // a Job that no tick ever saw is none
		}
		j.end(job.KubeStatus{Started: true, Gone: true})
	case storyLose:
		j.over = true
		j.set(job.QueueCount{}, nil)
	case storyUnreadable:
		j.over = true
		j.set(job.QueueCount{}, failure.Unavailable("the queue does not answer", nil))
	case storyStop:
		j.over = true
		return func() { j.until(func() error { return j.service.Stop(j.t.Context(), j.id) }) }
	case storyDamage:
		j.over = true
		return j.damage
	case storyRestart:
		if j.lives < 3 {
			return j.restart(step)
		}
	case storyDrain, storyExpire, storyRefuse, storyEndless, stories:
	}
	return nil
}

// damage makes the record of the job unreadable, in one of several ways.
func (j *soakJob) damage() {
	key := "monitor:{" + string(j.id) + "}:state"
	_, err := j.client.TxPipelined(j.t.Context(), func(p redis.Pipeliner) error {
		switch j.port % 3 {
		case 0:
			p.Set(j.t.Context(), key, "x", 0)
		case 1:
			p.HSet(j.t.Context(), key, "spec", "[]")
		default:
			p.HSet(j.t.Context(), key, "state", "{")
			p.HIncrBy(j.t.Context(), key, "rev", 1) // no tick under way replaces it
		}
		return nil
	})
	if err != nil {
		j.t.Error(err)
	}
}

// end ends the workers and the Job.
func (j *soakJob) end(status job.KubeStatus) {
	j.over = true
	j.kube(status)
}

// restart stops the job in one step and starts it in the next one.
func (j *soakJob) restart(step int) func() {
	if j.stopped = !j.stopped; j.stopped {
		j.over = true
		return func() {
			j.until(func() error { return j.service.Stop(j.t.Context(), j.id) })
			j.kube(job.KubeStatus{Gone: true})
			j.until(func() error { return j.feed.Flush(j.t.Context()) })
		}
	}
	j.begins, j.over = step, false
	return j.begin
}

// want returns the phase in which the job must be in the end.
func (j *soakJob) want() job.Phase {
	switch j.story {
	case storyDrain, storyExpire, storyRefuse, storyRestart, storyLeave:
		return job.PhaseFinished
	case storyFail, storyDelete, storyLose, storyUnreadable:
		return job.PhaseFailed
	case storyStop:
		return job.PhaseStopped
	case storyEndless:
		return job.PhaseRunning
	case storyDamage, stories:
	}
	return monitor.PhaseUnreadable
}
