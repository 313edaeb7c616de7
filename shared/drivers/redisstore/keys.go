package redisstore

import "kubejobs/shared/core/job"

// Keys of one job share a hash tag, so that a script may touch them together
// on a Redis Cluster.

// stateKey is a hash: spec, state, rev, living, fingerprint, scheduled,
// duplicate, surplus, publishers.
func stateKey(id job.ID) string { return "monitor:{" + string(id) + "}:state" }

// ticksKey is a hash: id of a committed tick → its sample, "" if it failed.
func ticksKey(id job.ID) string { return "monitor:{" + string(id) + "}:ticks" }

// orderKey is a list: ids in ticksKey, oldest first.
func orderKey(id job.ID) string { return "monitor:{" + string(id) + "}:order" }

// historyKey is a list: kept samples, oldest first.
func historyKey(id job.ID) string { return "monitor:{" + string(id) + "}:history" }

// jobKey is a hash: status and version of the Kubernetes Job. It lives whether
// the job is monitored or not.
func jobKey(id job.ID) string { return "monitor:{" + string(id) + "}:job" }

// indexKey is a sorted set of the ids of jobs that live or owe events, all with
// score 0, so that it is ordered by id. It may hold a job that does neither any
// more, never lack one that does.
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
