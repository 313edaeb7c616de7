package job

import (
	"kubejobs/shared/core/dnslabel"
	"kubejobs/shared/core/failure"
)

// ID names a job. It is a DNS label, so that it is safe in a key, a path and an
// object's name.
type ID string

// MaxID is the greatest length of an id.
const MaxID = 63

// ParseID checks that text is a DNS label. The error is of kind invalid.
func ParseID(text string) (ID, error) {
	if !dnslabel.Valid(text) {
		return "", failure.InvalidField("id",
			"want a DNS label (1 to 63 of a-z, 0-9 and '-', with neither end a '-'), got %.80q", text)
	}
	return ID(text), nil
}
