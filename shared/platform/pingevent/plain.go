package pingevent

import (
	"net/http"
	"strings"
	"time"
)

// plain returns an event as PingSource sends it: in binary mode, with these attributes and
// no others, in characters that need no decoding. It reports false for any other request,
// which the library of CloudEvents has to read: that takes a twentieth of the time of a tick.
func plain(header http.Header, body []byte) (Event, bool) {
	e := Event{
		ID: only(header["Ce-Id"]), Type: only(header["Ce-Type"]), Source: only(header["Ce-Source"]), Data: body,
	}
	if only(header["Ce-Specversion"]) != "1.0" || only(header["Content-Type"]) != "application/json" ||
		!isPlain(e.ID) || !isPlain(e.Type) || !FromPingSource(e.Source) {
		return Event{}, false
	}
	known := 4
	if sent, ok := header["Ce-Time"]; ok {
		var err error
		if e.Sent, err = time.Parse(time.RFC3339Nano, only(sent)); err != nil {
			return Event{}, false
		}
		known++
	}
	for name := range header {
		if strings.HasPrefix(name, "Ce-") {
			known--
		}
	}
	return e, known == 0
}

// only returns the only value of a header, or "".
func only(values []string) string {
	if len(values) != 1 {
		return ""
	}
	return values[0]
}

// isPlain reports whether a text is the same in every encoding, and not empty.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c > '~' || c == '%' || c == '"' || c == '\\' {
			return false
		}
	}
	return text != ""
}
