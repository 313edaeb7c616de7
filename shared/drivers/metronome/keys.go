package metronome

import (
	"strconv"
	"strings"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/schedule"
	"kubejobs/shared/monitor"
)

// All keys share a hash tag, so that a script may use them together on a Redis Cluster.

// servedKey is the key of a hash: the key of a period → the instant that was served last,
// the end of its lease and the id of the beat that claimed it; see lua/claim.lua.
const servedKey = "monitor:{metronome}:served"

// signingKey is the key of a text: the key by which batches of ticks are signed, which is
// made once.
const signingKey = "monitor:{metronome}:key"

// periodKey returns the key of a sorted set: the members of all jobs that tick every so
// often. All have score 0, so Redis sorts them by member.
func periodKey(every time.Duration) string {
	return "monitor:{metronome}:every:" + strconv.FormatInt(int64(every/time.Second), 10)
}

// periodKeys returns the keys of all periods, in the order of schedule.All.
func periodKeys() []string {
	var keys []string
	for _, s := range schedule.All() {
		keys = append(keys, periodKey(s.Every))
	}
	return keys
}

// member returns the member of one life of a job: monitor.ListOrder, so that the members
// are sorted by that, and the life.
func member(id job.ID, life int64) string { return monitor.ListOrder(id) + strconv.FormatInt(life, 36) }

// parseMember returns the id and the life of a member; false if it is not one.
func parseMember(text string) (monitor.Due, bool) {
	name, suffix, _ := strings.Cut(text, ".")
	id, err := job.ParseID(name)
	if err != nil {
		return monitor.Due{}, false
	}
	life, err := strconv.ParseInt(suffix, 36, 64)
	return monitor.Due{ID: id, Life: life}, err == nil && life >= 0 && member(id, life) == text
}
