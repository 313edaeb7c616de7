package auth

import (
	"crypto/md5" //nolint:gosec // Knative names objects with it; nothing depends on its strength
	"encoding/hex"
	"strings"
)

// longestName is the longest name that Kubernetes gives a Service Account.
const longestName = 63

// childName returns the name that Knative gives an object that belongs to parent: as
// ChildName of knative.dev/pkg/kmeta, which would bring the types of all pods, a tenth of
// the program. A suffix has at least 31 characters, as those of sources do.
func childName(parent, suffix string) string {
	if len(parent)+len(suffix) <= longestName {
		return parent + suffix
	}
	sum := md5.Sum([]byte(parent + suffix)) //nolint:gosec // see the import
	hash := hex.EncodeToString(sum[:])
	name := parent[:min(len(parent), longestName-len(hash))] + hash
	name += suffix[:min(longestName-len(name), len(suffix))]
	return strings.TrimRight(name, "-.")
}
