// Package monitor answers what happens to a monitored job: how it is started,
// ticked, stopped and reported. It is the domain: it names the ports that
// drivers implement and knows none of them.
//
// A tick is idempotent. Its identity is the CloudEvent's id, which a sender
// keeps over its retries. Both of its writes, the published sample and the
// committed state, are guarded by that id inside Redis; so a retry, a twin
// delivery or a crash between the two yields one sample in the list, one in
// the history and one fold into the report. After a crash between the two
// writes the list's sample is the first attempt's and the report's is the
// retry's: both are honest observations of the same tick.
package monitor
