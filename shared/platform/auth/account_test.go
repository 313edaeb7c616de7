package auth

import (
	"strings"
	"testing"

	"knative.dev/pkg/kmeta"
)

// Names are those that Knative gives, whatever their length.
func TestChildNameIsKnatives(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{PingSource, APIServerSource} {
		suffix := accountSuffix + kind
		for n := 1; n <= 253; n++ {
			for _, parent := range []string{strings.Repeat("a", n), strings.Repeat("b-", n)[:n-1] + "0"} {
				if got, want := childName(parent, suffix), kmeta.ChildName(parent, suffix); got != want {
					t.Errorf("childName(%q, %q) = %q, want Knative's %q", parent, suffix, got, want)
				}
			}
		}
	}
}
