package redisstore

import "kubejobs/shared/core/job"

// The keys of one job share a hash tag, so that a script can use them together on a
// Redis Cluster.

// stateKey is a hash: spec, state, rev, living, fingerprint, scheduled,
// duplicate, surplus, publishers.
func stateKey(id job.ID) string { return "monitor:{" + string(id) + "}:state" }

// ticksKey is a hash: id of a committed tick → its sample, "" if it has none.
func ticksKey(id job.ID) string { return "monitor:{" + string(id) + "}:ticks" }

// orderKey is a list: ids in ticksKey, oldest first.
func orderKey(id job.ID) string { return "monitor:{" + string(id) + "}:order" }

// historyKey is a list: the samples of the history, oldest first.
func historyKey(id job.ID) string { return "monitor:{" + string(id) + "}:history" }

// jobKey is a hash: status and version of the Kubernetes Job. It exists whether the
// job is monitored or not.
func jobKey(id job.ID) string { return "monitor:{" + string(id) + "}:job" }

// indexKey is a sorted set of the ids of jobs that are living or have undelivered
// events, all with score 0, so that it is ordered by id. It may hold a job that is
// neither any more, but never lacks one that is.
const indexKey = "monitor:jobs"

// Fields of stateKey.
const (
	fieldSpec       = "spec"
	fieldState      = "state"
	fieldRevision   = "rev"
	fieldScheduled  = "scheduled"
	fieldDuplicate  = "duplicate"
	fieldSurplus    = "surplus"
	fieldPublishers = "publishers"
)
