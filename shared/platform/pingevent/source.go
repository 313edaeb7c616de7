package pingevent

import "strings"

// FromPingSource reports whether text is the CloudEvent source of a PingSource:
// /apis/v1/namespaces/NAMESPACE/pingsources/NAME. The names are a DNS label and a DNS
// subdomain. A regular expression would take a tenth of the time to start.
func FromPingSource(text string) bool {
	rest, ok := strings.CutPrefix(text, "/apis/v1/namespaces/")
	namespace, name, found := strings.Cut(rest, "/pingsources/")
	return ok && found && isName(namespace, 63, false) && isName(name, 253, true)
}

// isName reports whether text has 1 to longest of a-z, 0-9, '-' and, in a subdomain, '.'.
func isName(text string, longest int, subdomain bool) bool {
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && (c != '.' || !subdomain) {
			return false
		}
	}
	return text != "" && len(text) <= longest
}
