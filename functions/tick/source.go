package tick

import "strings"

// isPingSource reports whether text is the CloudEvent source of a PingSource:
// /apis/v1/namespaces/NAMESPACE/pingsources/NAME. The names are a DNS label and a DNS
// subdomain. A regular expression would take a tenth of the time to start.
func isPingSource(text string) bool {
	rest, ok := strings.CutPrefix(text, "/apis/v1/namespaces/")
	namespace, name, found := strings.Cut(rest, "/pingsources/")
	return ok && found && isName(namespace, 63, "") && isName(name, 253, ".")
}

// isName reports whether text has 1 to longest of a-z, 0-9, '-' and the characters of also.
func isName(text string, longest int, also string) bool {
	other := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && !strings.ContainsRune(also, c)
	}
	return text != "" && len(text) <= longest && !strings.ContainsFunc(text, other)
}
