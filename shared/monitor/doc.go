// Package monitor implements the use cases: it starts, ticks, follows, reports,
// stops and sweeps jobs. What a job is and how it changes is in core/job; this
// package names the ports that drivers implement and knows no driver.
//
// A tick is idempotent. Its identity is the CloudEvent's id, which a sender
// keeps over its retries. Both writes of a tick, the pushed sample and the
// committed state, are guarded by that id inside Redis. So a retry, a duplicate
// delivery or a crash between the two writes yields one sample in the list, one
// in the history and one fold into the report. After a crash between the two
// writes, the list has the sample of the first attempt and the report that of
// the retry: both are true observations of the same tick.
package monitor
