package start

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

const (
	maxListName = 256       // bytes
	maxDatabase = 1<<31 - 1 // Redis' setting databases is a C int
)

// queue reads the names of the job's lists and the number of their database.
func (r *reader) queue(id job.ID) (job.Lists, int) {
	q := r.sub("queue")
	lists := job.Lists{
		Pending: q.listName("pending", id), Processing: q.listName("processing", id), Results: q.listName("results", id),
	}
	database := int(q.whole("database", 0, maxDatabase))
	q.distinct(lists)
	r.problems = append(r.problems, q.problems...)
	return lists, database
}

// listName reads the name of a list that the monitor does not write itself.
func (r *reader) listName(field string, id job.ID) string {
	name := r.text(field)
	if _, given := r.object[field].(string); !given {
		return ""
	}
	switch {
	case name == "" || len(name) > maxListName:
		r.wrong(field, fmt.Sprintf("a list's name of 1 to %d bytes", maxListName))
	case strings.ContainsFunc(name, control):
		r.wrong(field, "a list's name without control characters")
	case strings.ContainsRune(name, unicode.ReplacementChar):
		r.wrong(field, "a list's name in valid Unicode")
	case slices.Contains([]string{job.SampleListKey(id), job.PushedTicksKey(id)}, name):
		r.wrong(field, "another name than those of the job's samples")
	case slices.Contains([]string{job.ReplicasKey(id), job.ReplicasOrderKey(id)}, name):
		r.wrong(field, "another name than those of the job's number of replicas")
	default:
		return name
	}
	return ""
}

// control reports whether a character controls how a text is shown.
func control(c rune) bool {
	return unicode.IsControl(c) || unicode.In(c, unicode.Bidi_Control, unicode.Zl, unicode.Zp)
}

// distinct reports the given names that are also that of another list, given or not.
func (r *reader) distinct(lists job.Lists) {
	fields, names := queueFields[:3], lists.Names()
	read := [3]string{lists.Pending, lists.Processing, lists.Results}
	for i, field := range fields {
		for j, other := range fields {
			wrong := read[j] == "" && r.object[other] != nil
			if read[i] != "" && i != j && !wrong && names[i] == names[j] {
				r.bad(field, "want three lists with different names, got %.80q, the name of %s too", names[i], other)
			}
		}
	}
}

// named returns the queue of a request for its fingerprint, nil if it is the usual one.
func named(r monitor.Request) any {
	lists := r.QueueLists.Named()
	if r.QueueDatabase == 0 && lists == (job.Lists{}).Named() {
		return nil
	}
	return []any{lists, r.QueueDatabase}
}

// sharingWarning returns the warning that other living jobs use a list of the job's
// queue, "" if there are none.
func sharingWarning(s monitor.Sharing) string {
	others := s.Others()
	if others == "" {
		return ""
	}
	return "plugin_info.queue: a list of it is also used by the living " + others + ", so each job counts the items of the others; " +
		"give each one lists or a database of its own"
}
