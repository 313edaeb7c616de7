package telemetry

import (
	"strings"
	"testing"
	"time"
	"unsafe"

	"kubejobs/shared/core/job"
)

// The table keeps ids, not the requests that they are parts of.
func TestJobTableKeepsNoRequest(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	table := newJobTable(1)
	for range 2 { // the second tick of each
		for _, name := range []string{"listed", "counted"} {
			request := `{"id":"` + name + `"` + strings.Repeat(" ", 1000)
			table.put(job.ID(request[7:7+len(name)]), figures{}, now, now.Add(time.Minute))
			for id := range table.listed {
				if within(request, string(id)) {
					t.Errorf("%s is a part of a request", id)
				}
			}
			for id := range table.unlisted {
				if within(request, string(id)) {
					t.Errorf("%s is a part of a request", id)
				}
			}
		}
	}
	if len(table.listed) != 1 || len(table.unlisted) != 1 {
		t.Errorf("%d listed, %d counted", len(table.listed), len(table.unlisted))
	}
}

// within reports whether the bytes of part are those of whole.
func within(whole, part string) bool {
	first, at := uintptr(unsafe.Pointer(unsafe.StringData(whole))), uintptr(unsafe.Pointer(unsafe.StringData(part)))
	return at >= first && at < first+uintptr(len(whole))
}
