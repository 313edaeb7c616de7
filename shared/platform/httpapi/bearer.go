package httpapi

import (
	"net/http"
	"strings"
)

// Bearer returns the token in the header Authorization of a request, "" for none: RFC 6750,
// section 2.1.
func Bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
