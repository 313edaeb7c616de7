package redisstore

import "kubejobs/shared/core/job"

// The keys of one job share a hash tag, so that a script may use them together
// on a Redis Cluster.

// stateKey returns the key of a hash: spec, state, rev, life, living,
// fingerprint, scheduled, duplicate, surplus, publishers,
// doubted.
func stateKey(id job.ID) string { return "monitor:{" + string(id) + "}:state" }

// ticksKey returns the key of a hash: id of a committed tick → its sample, "" if
// the tick could not observe the job.
func ticksKey(id job.ID) string { return "monitor:{" + string(id) + "}:ticks" }

// orderKey returns the key of a list: the ids in ticksKey, oldest first.
func orderKey(id job.ID) string { return "monitor:{" + string(id) + "}:order" }

// historyKey returns the key of a list: the history's samples, oldest first.
func historyKey(id job.ID) string { return "monitor:{" + string(id) + "}:history" }

// journalKey returns the key of a list: the entries of the journal as JSON, oldest first.
func journalKey(id job.ID) string { return "monitor:{" + string(id) + "}:journal" }

// endedKey is the key of a sorted set: jobs that ended → when, Unix milliseconds. It may
// hold a job that is living again or gone.
const endedKey = "monitor:ended"

// scriptKeys returns the keys that the scripts create and commit take.
func scriptKeys(id job.ID) []string {
	return []string{stateKey(id), ticksKey(id), orderKey(id), historyKey(id), journalKey(id)}
}

// kubeStatusKey returns the key of a hash: status and version of the Kubernetes
// Job. It exists whether the job is monitored or not.
func kubeStatusKey(id job.ID) string { return "monitor:{" + string(id) + "}:job" }

// suspectKey returns the key of a hash: life → since when a sweep suspects
// something of it. The job need not exist.
func suspectKey(id job.ID) string { return "monitor:{" + string(id) + "}:suspect" }

// fingerprintKey is the key of a text: the key of the fingerprints of requests, which is
// made once.
const fingerprintKey = "monitor:fingerprint-key"

// indexKey is the key of a sorted set: monitor.ListOrder of all jobs that must be
// listed (job.State.Listed). All have score 0, so Redis sorts them by it. The set
// may hold a job that need not be listed. It should never lack one that must be;
// if it does, a sweep adds it again (Recover).
const indexKey = "monitor:index"

// scanKey returns the key of a text: where Recover goes on at a node.
func scanKey(address string) string { return "monitor:scan:" + address }

// Fields of stateKey that Go code reads or changes.
const (
	fieldSpec       = "spec"
	fieldState      = "state"
	fieldRevision   = "rev"
	fieldScheduled  = "scheduled"
	fieldDuplicate  = "duplicate"
	fieldSurplus    = "surplus"
	fieldPublishers = "publishers"
	fieldLiving     = "living"
	fieldLife       = "life"
	fieldDoubted    = "doubted"
)

// fieldStatus is the field of kubeStatusKey that holds the status.
const fieldStatus = "status"
