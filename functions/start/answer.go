package start

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"kubejobs/shared/monitor"
)

// Answer says what is in force for a started job.
type Answer = monitor.StartAnswer

// newAnswer returns the answer to a request that asked for period, 0 for none, and
// gave cause for warnings.
func newAnswer(started monitor.Started, period time.Duration, now time.Time, warnings []string) Answer {
	spec := started.Spec
	every := spec.Schedule().Every
	if period != 0 && period != every {
		warnings = append(warnings, fmt.Sprintf(
			"collect_period: %v was asked for, %v is in force (the longest even period that is not longer; MIN_PERIOD is the shortest)",
			period, every))
	}
	if spec.Deadline().Before(now) {
		warnings = append(warnings, fmt.Sprintf(
			"plugin_info.submission_time: the deadline passed %v before the start", now.Sub(spec.Deadline()).Round(time.Second)))
	}
	if warning := sharingWarning(started.Sharing); warning != "" {
		warnings = append(warnings, warning)
	}
	if warnings == nil {
		warnings = []string{}
	}
	return Answer{
		Items: spec.Items, Period: every.Seconds(), Budget: spec.Budget.Seconds(),
		Submitted: spec.Submitted.UTC(), Deadline: spec.Deadline().UTC(),
		Queue: spec.Queue.Address.String(), Database: spec.Queue.Database, Lists: spec.Queue.Lists.Named(),
		Strategy: spec.Strategy, Control: spec.Control, Warnings: warnings,
	}
}

// unknownParameters returns warnings for the parameters of the query: there are
// none to give.
func unknownParameters(values url.Values) []string {
	var found []string
	for name := range values {
		found = append(found, printable(name)+": unknown parameter in the query, ignored; fields belong in the body")
	}
	slices.Sort(found)
	return found[:min(len(found), maxWarnings)]
}
