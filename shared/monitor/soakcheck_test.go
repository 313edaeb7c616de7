package monitor_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/controllerlist"
	"kubejobs/shared/monitor"
)

// status returns the status of the job.
func (j *soakJob) status() monitor.Status {
	status, err := j.service.Status(j.t.Context(), j.id)
	if err != nil {
		return monitor.Status{ID: j.id, Phase: monitor.PhaseUnreadable, LastError: err.Error()}
	}
	return status
}

// unsettled says which jobs are not what their stories say; "" if all are.
func (s *soak) unsettled() string {
	var left []string
	for _, j := range s.jobs {
		if got := j.status(); got.Phase != j.want() || got.Unsent > 0 {
			left = append(left, fmt.Sprintf("%s of story %d is %s (%s; %s) with %d events unsent, want %s",
				j.id, j.story, got.Phase, got.Reason, got.LastError, got.Unsent, j.want()))
		}
	}
	return strings.Join(left, "\n")
}

// check checks what must hold once all faults are over.
func (s *soak) check() {
	for range 2 { // the second sweep removes what the first one suspects
		if _, err := s.service.Sweep(s.t.Context()); err != nil {
			s.t.Error(err)
		}
		s.clock.Add((2 * time.Minute).Milliseconds())
		time.Sleep(2 * s.scheduler.Finalize)
	}
	s.checkIndex()
	events := map[life][]job.Event{}
	for _, e := range s.receiver.Events() {
		of := life{e.Job, e.Life}
		if !slices.ContainsFunc(events[of], func(before job.Event) bool { return before.Sequence == e.Sequence }) {
			events[of] = append(events[of], e)
		}
	}
	for _, j := range s.jobs {
		j.check(events)
	}
}

// checkIndex expects the list to have the living and the damaged jobs, and those to
// be stopped one by one.
func (s *soak) checkIndex() {
	var got, want []job.ID
	var after job.ID
	for range len(s.jobs) {
		page, next, err := s.service.List(s.t.Context(), after, 7)
		s.must(err)
		for _, status := range page {
			got = append(got, status.ID)
		}
		if after = next; next == "" {
			break
		}
	}
	for _, j := range s.jobs {
		if j.want() == job.PhaseRunning || j.want() == monitor.PhaseUnreadable {
			want = append(want, j.id)
		}
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("listed %v, want %v", got, want)
	}
	for _, j := range s.jobs {
		if j.story != storyDamage {
			continue
		}
		if err := j.service.Stop(s.t.Context(), j.id); err != nil {
			s.t.Errorf("stop of the damaged %s: %v", j.id, err)
		}
		if got := j.status(); got.LastError != monitor.ErrUnknownJob.Error() {
			s.t.Errorf("%s after its stop: %+v, want none", j.id, got)
		}
	}
}

// check checks one job.
func (j *soakJob) check(events map[life][]job.Event) {
	status := j.status()
	if j.story == storyDamage {
		return
	}
	record, err := j.store.Load(j.t.Context(), j.id, "")
	j.must(err)
	of := life{j.id, record.Spec.Life()}
	j.checkSchedule(status, of)
	j.checkTicks(*record, of)
	j.checkList(*record, of)
	j.checkEvents(events)
	if j.story == storyLeave && !strings.Contains(status.Reason, "are left") && !strings.Contains(status.Reason, "could not be read") {
		j.t.Errorf("%s ended with items left: %q, want it said", j.id, status.Reason)
	}
	if j.story == storyLose && !strings.Contains(status.Reason, "the queue was lost") {
		j.t.Errorf("%s lost its queue: %q, want it said", j.id, status.Reason)
	}
	if j.story == storyEndless {
		for name, p := range status.Publishers {
			if p.Failing {
				j.t.Errorf("%s: publisher %s is failing: %s", j.id, name, p.LastError)
			}
		}
	}
	if p := status.Publishers[monitor.SampleListName]; j.story == storyRefuse && !p.Failing {
		j.t.Errorf("%s: %+v, want a list that refuses", j.id, p)
	}
	j.checkReport(status)
}

// checkSchedule expects a living job to have the schedule of its life, and an ended
// one none.
func (j *soakJob) checkSchedule(status monitor.Status, of life) {
	var want []int64
	if j.want().Living() {
		want = []int64{of.life}
	}
	if got := j.scheduler.Lives(j.id); !slices.Equal(got, want) || status.Scheduled != (want != nil) {
		j.t.Errorf("%s (%s) has schedules of lives %v, scheduled %t, want %v", j.id, status.Phase, got, status.Scheduled, want)
	}
}

// checkTicks expects each tick that was acknowledged as committed to count once. One
// that was given up, or found to be surplus, may have been committed by an attempt
// whose reply was lost.
func (j *soakJob) checkTicks(record monitor.Record, of life) {
	least := j.ticks.outcomes(of, monitor.OutcomeSampled, monitor.OutcomeFailed, monitor.OutcomeDuplicate)
	most := least + j.ticks.givenUp[of] + j.ticks.outcomes(of, monitor.OutcomeSurplus)
	if got := record.State.Ticks.Received; got < least || got > most {
		j.t.Errorf("%s: %d ticks, want %d to %d", j.id, got, least, most)
	}
	if got := j.ticks.outcomes(of, monitor.OutcomeSampled); record.State.Summary.Count < got {
		j.t.Errorf("%s: %d samples, but %d were acknowledged", j.id, record.State.Summary.Count, got)
	}
}

// checkList expects each sample once in the Controller's list. A sample of a tick
// that was overtaken, by the end of its job or by another one, may be there too.
func (j *soakJob) checkList(record monitor.Record, of life) {
	if j.story == storyRefuse || j.lives > 1 {
		return
	}
	elements, err := j.lists.LRange(j.t.Context(), controllerlist.Key(j.id), 0, -1).Result()
	j.must(err)
	seen := map[int64]bool{}
	for _, text := range elements {
		var e element
		j.must(json.Unmarshal([]byte(text), &e))
		if seen[e.Timestamp] {
			j.t.Errorf("%s: two elements of time %d", j.id, e.Timestamp)
		}
		seen[e.Timestamp] = true
	}
	count := record.State.Summary.Count
	most := count + j.ticks.outcomes(of, monitor.OutcomeEnded, monitor.OutcomeSurplus) + j.ticks.givenUp[of]
	if got := int64(len(elements)); got < count-j.ticks.givenUp[of] || got > most {
		j.t.Errorf("%s: %d elements in the list, want %d to %d", j.id, got, count-j.ticks.givenUp[of], most)
	}
}

// checkEvents expects the events of each life in order and without a gap, and one
// end.
func (j *soakJob) checkEvents(events map[life][]job.Event) {
	ends := 0
	for of, in := range events {
		if of.id != j.id {
			continue
		}
		for n, e := range in {
			if e.Sequence != int64(n+1) {
				j.t.Errorf("%s: event %d of life %d is %s with number %d", j.id, n+1, of.life, e.Kind, e.Sequence)
			}
			if e.Kind == job.EventFinished || e.Kind == job.EventFailed || e.Kind == job.EventStopped {
				ends++
				if n != len(in)-1 {
					j.t.Errorf("%s: %s is not the last event of its life", j.id, e.Kind)
				}
			}
		}
	}
	want := j.lives
	if j.want().Living() {
		want--
	}
	if ends != want {
		j.t.Errorf("%s: %d events of an end, want %d: one for each life that ended", j.id, ends, want)
	}
}

// checkReport expects of a job that finished or failed the report, and samples of
// rising times.
func (j *soakJob) checkReport(status monitor.Status) {
	if status.Phase != job.PhaseFinished && status.Phase != job.PhaseFailed {
		return
	}
	if _, err := j.service.Report(j.t.Context(), j.id); err != nil {
		j.t.Errorf("%s: no report: %v", j.id, err)
	}
	samples, err := j.service.Samples(j.t.Context(), j.id, monitor.SampleRange{})
	j.must(err)
	if len(samples.Samples) == 0 {
		j.t.Errorf("%s has no samples", j.id)
	}
	for n := 1; n < len(samples.Samples); n++ {
		if before, x := samples.Samples[n-1], samples.Samples[n]; x.Timestamp <= before.Timestamp {
			j.t.Errorf("%s: sample %d is of %v, the one before of %v", j.id, n, x.At, before.At)
		}
	}
	complete := j.story == storyDrain || j.story == storyExpire || j.story == storyRefuse || j.story == storyRestart
	if complete && status.Progress.Job != 1 && !strings.Contains(status.Reason, "could not be read") {
		j.t.Errorf("%s finished with progress %v, want 1", j.id, status.Progress.Job)
	}
}
