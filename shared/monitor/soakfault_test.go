package monitor_test

import (
	"errors"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/controllerlist"
)

// faults are the faults of a soak that last for some steps: until when.
type faults struct {
	cut, empty, refused, kube int
	queues                    map[*soakJob]int
}

// blocksClients reports whether a client that starts or stops a job has to wait: the
// store does not answer, or loses what it is given.
func (f *faults) blocksClients() bool { return f.cut > 0 || f.empty > 0 }

// injectFaults ends the faults that are over, and begins others.
func (s *soak) injectFaults(step int) {
	s.endFaults(step)
	some := s.jobs[s.rand.IntN(len(s.jobs))]
	switch length := 1 + s.rand.IntN(6); s.rand.IntN(24) {
	case 0: // the state Redis does not answer
		if !s.faults.blocksClients() {
			s.faults.cut = step + min(length, 3)
			s.network.Cut(true)
		}
	case 1: // the state Redis answers as if it were empty
		if !s.faults.blocksClients() {
			s.faults.empty = step + min(length, 2)
			s.swap()
		}
	case 2: // the sink takes some events, and then none
		s.faults.refused = step + length
		s.receiver.Fail(failure.Unavailable("the sink does not answer", nil), s.rand.IntN(4))
	case 3: // Kubernetes refuses
		s.faults.kube = step + 4*length
		refusals := []error{
			failure.Unavailable("the API does not answer", nil), &failure.Error{Kind: failure.KindRefused, Message: "forbidden"},
			&failure.Error{Kind: failure.KindInternal, Message: "the API answers 500"}, errors.New("unexpected end"),
		}
		s.cluster.Fail(refusals[s.rand.IntN(len(refusals))])
	case 4, 5, 6: // a queue cannot be read
		if some.story != storyUnreadable && some.story != storyLose && some.started {
			s.faults.queues[some] = step + length
			some.fail(&failure.Error{Kind: []failure.Kind{failure.KindUnavailable, failure.KindRefused}[s.rand.IntN(2)], Message: "no"})
		}
	case 7: // a mark is lost
		s.must(s.client.HDel(s.t.Context(), "monitor:{"+string(some.id)+"}:state", "scheduled").Err())
	case 8: // the index has lost a job
		s.must(s.client.ZRem(s.t.Context(), "monitor:index", string(some.id)+".").Err())
	case 9: // a schedule is deleted by hand
		for _, life := range s.scheduler.Lives(some.id) {
			s.must(s.scheduler.Unschedule(s.t.Context(), some.id, life))
		}
	}
}

// fail makes the queue answer an error; nil ends that.
func (j *soakJob) fail(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.err = err
}

// endFaults ends the faults that are over at a step.
func (s *soak) endFaults(step int) {
	if s.faults.queues == nil {
		s.faults.queues = map[*soakJob]int{}
		for _, j := range s.jobs {
			if j.story == storyRefuse {
				s.must(s.lists.Set(s.t.Context(), controllerlist.Key(j.id), "not ours", 0).Err())
			}
		}
	}
	f := &s.faults
	over := func(until *int) bool {
		if *until == 0 || *until > step {
			return false
		}
		*until = 0
		return true
	}
	if over(&f.cut) {
		s.network.Cut(false)
	}
	if over(&f.empty) {
		s.swap()
		s.must(s.spare.FlushDB(s.t.Context()).Err()) // what was written meanwhile is lost
	}
	if over(&f.refused) {
		s.receiver.Fail(nil, 0)
	}
	if over(&f.kube) {
		s.cluster.Fail(nil)
	}
	for j, until := range f.queues {
		if until <= step {
			delete(f.queues, j)
			j.fail(nil)
		}
	}
}

// swap exchanges the state with an empty database.
func (s *soak) swap() { s.must(s.client.Do(s.t.Context(), "SWAPDB", 0, 1).Err()) }

func (s *soak) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// heal ends all faults.
func (s *soak) heal() {
	s.endFaults(1 << 30)
	s.network.Heal()
	s.must(s.feed.Flush(s.t.Context()))
	time.Sleep(2 * s.scheduler.Finalize)
	for _, h := range s.held {
		_ = s.ticks.send(s.t.Context(), h.tick)
	}
	s.held = nil
}
