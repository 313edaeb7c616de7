package job

import (
	"fmt"
	"time"
)

// Warnings says in words why the figures of a living job may not mean what they seem to.
func Warnings(spec Spec, state State) []string {
	if !state.Phase.Living() {
		return nil
	}
	var found []string
	if late := spec.Accepted.Sub(spec.Deadline()); late > 0 {
		found = append(found, fmt.Sprintf("the deadline passed %v before the start", late.Round(time.Second)))
	}
	if q := state.Queue; q != nil && q.Left() > spec.Items {
		found = append(found, fmt.Sprintf(
			"the queue holds %d items, more than the number_of_jobs, %d: the progress stays 0 until that many are left", q.Left(), spec.Items))
	}
	return found
}
