// Package dnslabel checks DNS labels (RFC 1123), the names that Kubernetes
// accepts for most of its objects.
package dnslabel

// longest is the most bytes that a label may have.
const longest = 63

// Valid reports whether text is a DNS label: 1 to 63 of a-z, 0-9 and '-', with
// a letter or a digit at both ends.
func Valid(text string) bool {
	if text == "" || len(text) > longest || text[0] == '-' || text[len(text)-1] == '-' {
		return false
	}
	for i := range len(text) {
		if c := text[i]; c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
