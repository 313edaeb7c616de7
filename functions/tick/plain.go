package tick

import (
	"net/http"
	"strings"
	"time"

	"kubejobs/shared/monitor"
)

// attributes are what a tick needs of a CloudEvent.
type attributes struct {
	id, kind, source string
	sent             time.Time
	data             []byte
}

// plain returns the attributes of a tick as PingSource sends it: in binary mode, with
// these attributes and no others, and in characters that need no decoding. It reports
// false for any other request, which the library of CloudEvents has to read: that takes a
// twentieth of the time of a tick.
func plain(r *http.Request, body []byte) (attributes, bool) {
	var id, kind, source, version, sent string
	for _, attribute := range []struct {
		header string
		value  *string
	}{{"Ce-Id", &id}, {"Ce-Type", &kind}, {"Ce-Source", &source}, {"Ce-Specversion", &version}, {"Ce-Time", &sent}} {
		values := r.Header[attribute.header]
		if len(values) != 1 {
			return attributes{}, false
		}
		*attribute.value = values[0]
	}
	of := 0
	for name := range r.Header {
		if strings.HasPrefix(name, "Ce-") {
			of++
		}
	}
	types := r.Header["Content-Type"]
	if of != 5 || len(types) != 1 || types[0] != "application/json" || version != "1.0" ||
		kind != monitor.TickEventType || !isPingSource(source) || !isPlainID(id) {
		return attributes{}, false
	}
	at, err := time.Parse(time.RFC3339Nano, sent)
	return attributes{id, kind, source, at, body}, err == nil
}

// isPlainID reports whether an id can be stored, and is the same in every encoding.
func isPlainID(id string) bool {
	for i := range len(id) {
		if c := id[i]; c <= ' ' || c > '~' || c == '%' || c == '"' || c == '\\' {
			return false
		}
	}
	return id != "" && len(id) <= maxEventID
}
