package pingevent

import (
	"regexp"
	"strings"
	"testing"
)

// pattern says the same as FromPingSource.
var pattern = regexp.MustCompile(`^/apis/v1/namespaces/[a-z0-9-]{1,63}/pingsources/[a-z0-9.-]{1,253}$`)

func FuzzSource(f *testing.F) {
	for _, text := range []string{
		"", "/apis/v1/namespaces/a/pingsources/b", "/apis/v1/namespaces/a-0/pingsources/b.c-9", "/apis/v1/namespaces//pingsources/b",
		"/apis/v1/namespaces/a/pingsources/", "/apis/v1/namespaces/a.b/pingsources/c", "/apis/v1/namespaces/A/pingsources/c",
		"/apis/v1/namespaces/a/pingsources/b/pingsources/c", "/apis/v1/namespaces/pingsources/a", "x/apis/v1/namespaces/a/pingsources/b",
		"/apis/v1/namespaces/a/pingsources/b\n", "/apis/v1/namespaces/a/pingsources/\u00e9", "/apis/v1/namespaces/a/pingsources/\xff",
		"/apis/v1/namespaces/" + strings.Repeat("a", 63) + "/pingsources/" + strings.Repeat("b", 253),
		"/apis/v1/namespaces/" + strings.Repeat("a", 64) + "/pingsources/b", "/apis/v1/namespaces/a/pingsources/" + strings.Repeat("b", 254),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := FromPingSource(text), pattern.MatchString(text); got != want {
			t.Errorf("FromPingSource(%q) = %t, want %t", text, got, want)
		}
	})
}
