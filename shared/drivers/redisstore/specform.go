package redisstore

import "kubejobs/shared/core/job"

// specFields describes a job's request.
func specFields(f *form, s *job.Spec) {
	text(f, "id", &s.ID)
	integer(f, "items", &s.Items)
	integer(f, "budget_ns", &s.Budget)
	f.moment("submitted", &s.Submitted)
	integer(f, "period_ns", &s.Period)
	f.within("queue", func() { queueSpecFields(f, &s.Queue) })
	text(f, "strategy", &s.Strategy)
	if f.field("heuristics", len(s.Heuristics) == 0) {
		f.other(&s.Heuristics)
	}
	pointer(f, "database", &s.Database, func(f *form, d *job.Database) {
		text(f, "host", &d.Host)
		integer(f, "port", &d.Port)
		text(f, "name", &d.Name)
		note(f, "secret", &d.Secret)
	})
	pointer(f, "control", &s.Control, controlFields)
	text(f, "fingerprint", &s.Fingerprint)
	note(f, "caller", &s.Caller)
	f.moment("accepted", &s.Accepted)
}

func queueSpecFields(f *form, q *job.Queue) {
	text(f, "host", &q.Host)
	integer(f, "port", &q.Port)
	count(f, "database", &q.Database)
	if f.field("lists", q.Lists == job.Lists{}) {
		f.object(func() {
			note(f, "pending", &q.Lists.Pending)
			note(f, "processing", &q.Lists.Processing)
			note(f, "results", &q.Lists.Results)
		})
	}
	note(f, "secret", &q.Secret)
}

func controlFields(f *form, c *job.Control) {
	integer(f, "min_replicas", &c.Min)
	integer(f, "max_replicas", &c.Max)
	f.real("confidence", &c.Confidence)
	if f.field("graceful", false) {
		f.truth(&c.Graceful)
	}
	text(f, "actuator", &c.Actuator)
	pointer(f, "target", &c.Target, func(f *form, t *job.Target) {
		text(f, "kind", &t.Kind)
		text(f, "name", &t.Name)
	})
}
