// Package dnslabel checks DNS labels (RFC 1123), the names that Kubernetes
// accepts for most of its objects.
package dnslabel

import "regexp"

var pattern = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

// Valid reports whether text is a DNS label: 1 to 63 of a-z, 0-9 and '-', with
// a letter or a digit at both ends.
func Valid(text string) bool { return pattern.MatchString(text) }
