package ui

import (
	"net/http"
	"strconv"
	"strings"
)

// WantsPage reports whether a request is that of a browser that wants a page: its Accept
// names text/html. That of a program says */* at most.
func WantsPage(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && accepts(r.Header.Values("Accept"), "text/html")
}

// accepts reports whether a header names a value, not with the weight 0.
func accepts(header []string, value string) bool {
	for entry := range strings.SplitSeq(strings.Join(header, ","), ",") {
		name, parameters, _ := strings.Cut(entry, ";")
		if strings.EqualFold(strings.TrimSpace(name), value) {
			return weight(parameters) > 0
		}
	}
	return false
}

// weight returns the parameter q; 1 if there is none, or none that can be read.
func weight(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		if text, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(parameter)), "q="); ok {
			if q, err := strconv.ParseFloat(text, 64); err == nil {
				return q
			}
		}
	}
	return 1
}
