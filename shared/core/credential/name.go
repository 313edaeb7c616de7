package credential

import (
	"slices"
	"strings"

	"kubejobs/shared/core/dnslabel"
)

// maxName is the maximum length of a Secret's name, in characters, as in Kubernetes.
const maxName = 253

// ValidName reports whether a text can be the name of a Secret: DNS labels with points
// between them. So it is no path out of a folder.
func ValidName(name string) bool {
	return len(name) <= maxName && !slices.ContainsFunc(strings.Split(name, "."), func(label string) bool {
		return !dnslabel.Valid(label)
	})
}
