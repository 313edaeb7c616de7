package redisstore

import (
	"strconv"

	"kubejobs/shared/core/accounting"
	"kubejobs/shared/core/control"
	"kubejobs/shared/core/forecast"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/core/summary"
)

// stateFields describes a job's state. What a tick seldom meets is left to encoding/json.
func stateFields(f *form, s *job.State) {
	text(f, "phase", &s.Phase)
	f.flag("begun", &s.WorkSeen)
	f.flag("suspended", &s.Suspended)
	f.flag("kube_seen", &s.KubeSeen)
	pointer(f, "queue", &s.Queue, queueCountFields)
	pointer(f, "queue_gap", &s.QueueGap, gapFields)
	pointer(f, "kube_gap", &s.KubeGap, gapFields)
	count(f, "failures", &s.Failures)
	note(f, "last_error", &s.LastError)
	count(f, "failing_since", &s.FailingSince)
	note(f, "reason", &s.Reason)
	count(f, "ended_at", &s.EndedAt)
	f.within("summary", func() { summaryFields(f, &s.Summary) })
	f.within("history", func() {
		integer(f, "stride", &s.History.Stride)
		integer(f, "seen", &s.History.Seen)
		integer(f, "stored", &s.History.Stored)
	})
	f.within("ticks", func() { tickFields(f, &s.Ticks) })
	f.within("health", func() { healthFields(f, &s.Health) })
	courseField(f, "course", &s.Course)
	count(f, "asked", &s.Asked)
	changesField(f, "changes", &s.Changes)
	runField(f, "run", &s.Run)
	pointer(f, "control", &s.Control, controlledFields)
	count(f, "sequence", &s.Sequence)
	outboxField(f, "outbox", &s.Outbox)
	note(f, "unpushed", &s.Unpushed)
}

// outboxField is a list that is left to encoding/json. That must not see the state: it would
// have to be allocated for each tick.
func outboxField(f *form, name string, outbox *[]job.Event) {
	if !f.field(name, len(*outbox) == 0) {
		return
	}
	all := *outbox
	f.other(&all)
	*outbox = all
}

func queueCountFields(f *form, c *job.QueueCount) {
	count(f, "queued", &c.Queued)
	count(f, "in_flight", &c.InFlight)
	count(f, "results", &c.Results)
}

func gapFields(f *form, g *job.Gap) {
	integer(f, "since", &g.Since)
	text(f, "error", &g.Error)
}

func summaryFields(f *form, s *summary.Summary) {
	pointer(f, "first", &s.First, sampleFields)
	pointer(f, "last", &s.Last, sampleFields)
	pointer(f, "high", &s.High, sampleFields)
	pointer(f, "low", &s.Low, sampleFields)
	count(f, "completed_at", &s.CompletedAt)
	count(f, "replicas", &s.Replicas)
	integer(f, "count", &s.Count)
}

func sampleFields(f *form, s *sample.Sample) {
	integer(f, "at", &s.At)
	f.real("job_progress", &s.Job)
	f.real("time_progress", &s.Time)
	f.real("error", &s.Error)
	integer(f, "replicas", &s.Replicas)
	count(f, "asked", &s.Asked)
	count(f, "late", &s.Late)
}

func tickFields(f *form, t *accounting.Ticks) {
	integer(f, "since", &t.Since)
	integer(f, "received", &t.Received)
	integer(f, "lost", &t.Lost)
	integer(f, "boundary", &t.Boundary)
	tickedField(f, "ticked", &t.Ticked)
	count(f, "last_sent", &t.LastSent)
	count(f, "last_arrived", &t.LastArrived)
	integer(f, "last_lateness", &t.LastLateness)
	integer(f, "max_lateness", &t.MaxLateness)
	integer(f, "sum_lateness", &t.SumLateness)
}

// tickedField is a number in quotes.
func tickedField(f *form, name string, bits *uint64) {
	if !f.field(name, *bits == 0) {
		return
	}
	if !f.reading {
		f.out = append(strconv.AppendUint(append(f.out, '"'), *bits, 10), '"')
		return
	}
	digits := f.quoted()
	n, err := strconv.ParseUint(digits, 10, 64)
	*bits, f.odd = n, f.odd || err != nil || strconv.FormatUint(n, 10) != digits
}

func healthFields(f *form, h *forecast.Health) {
	note(f, "status", &h.Status)
	count(f, "against", &h.Against)
	count(f, "since", &h.Since)
	f.some("progress", &h.Progress)
	count(f, "advanced", &h.Advanced)
	count(f, "gap", &h.Gap)
}

// courseField is the text of a course, which needs no escape.
func courseField(f *form, name string, course **forecast.Course) {
	if !f.field(name, *course == nil) {
		return
	}
	if !f.reading {
		var err error
		f.out, err = (*course).AppendText(append(f.out, '"'))
		f.out, f.odd = append(f.out, '"'), f.odd || err != nil
		return
	}
	parsed, err := forecast.ParseCourse(f.unescaped(), f.out)
	*course, f.odd = parsed, f.odd || err != nil
}

func changesField(f *form, name string, c *job.ScaleChanges) {
	if !f.field(name, c.Count == 0 && c.Last == nil) {
		return
	}
	f.object(func() {
		count(f, "count", &c.Count)
		list(f, "last", &c.Last, func(change *job.ScaleChange) {
			f.object(func() {
				integer(f, "at", &change.At)
				integer(f, "from", &change.From)
				integer(f, "to", &change.To)
				text(f, "reason", &change.Reason)
			})
		})
	})
}

func runField(f *form, name string, r *job.Run) {
	if !f.field(name, r.Replicas == 0 && r.Busy == 0 && r.Milestones == nil && r.Stall == nil) {
		return
	}
	f.object(func() {
		f.some("replicas", &r.Replicas)
		f.some("busy", &r.Busy)
		milestonesField(f, "milestones", &r.Milestones)
		pointer(f, "stall", &r.Stall, func(f *form, s *job.Stall) {
			integer(f, "since", &s.Since)
			integer(f, "until", &s.Until)
			text(f, "cause", &s.Cause)
		})
	})
}

func milestonesField(f *form, name string, all *[]job.Milestone) {
	list(f, name, all, func(m *job.Milestone) {
		f.object(func() {
			f.real("share", &m.Share)
			integer(f, "at", &m.At)
			integer(f, "p10", &m.P10)
			integer(f, "p50", &m.P50)
			integer(f, "p90", &m.P90)
		})
	})
}

func controlledFields(f *form, c *job.Controlled) {
	memoryField(f, "memory", &c.Memory)
	count(f, "sequence", &c.Sequence)
	integer(f, "wanted", &c.Wanted)
	note(f, "reason", &c.Reason)
	count(f, "since", &c.Since)
	integer(f, "asked", &c.Asked)
	f.flag("held", &c.Held)
	f.flag("unreachable", &c.Unreachable)
	f.some("probability", &c.Probability)
	note(f, "error", &c.Error)
}

func memoryField(f *form, name string, m *control.Memory) {
	asked := &m.Asked
	noneAsked := asked.Seen == 0 && asked.Ours == nil && asked.Odd == 0 && !asked.Worked && asked.Until == 0
	none := m.Replicas == 0 && m.Begin == 0 && m.At == 0 && m.From == 0 && !m.Known && m.Exposure == 0 && m.Recent == nil
	if !f.field(name, none && noneAsked) {
		return
	}
	f.object(func() {
		count(f, "replicas", &m.Replicas)
		count(f, "begin", &m.Begin)
		count(f, "at", &m.At)
		f.some("from", &m.From)
		f.flag("known", &m.Known)
		f.some("exposure", &m.Exposure)
		pairsField(f, "recent", (*[][2]int64)(&m.Recent))
		if !f.field("asked", noneAsked) {
			return
		}
		f.object(func() {
			count(f, "seen", &asked.Seen)
			pairsField(f, "ours", (*[][2]int64)(&asked.Ours))
			count(f, "odd", &asked.Odd)
			f.flag("worked", &asked.Worked)
			count(f, "until", &asked.Until)
		})
	})
}

func pairsField(f *form, name string, all *[][2]int64) {
	list(f, name, all, func(pair *[2]int64) {
		f.put('[')
		whole(f, &pair[0])
		f.put(',')
		whole(f, &pair[1])
		f.put(']')
	})
}
