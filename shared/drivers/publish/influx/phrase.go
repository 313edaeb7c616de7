package influx

import (
	"net/http"
	"strings"

	"kubejobs/shared/core/sample"
)

// parts are parts of InfluxDB's errors, of both versions, and what they mean. The
// errors themselves are not shown: any server may be called an InfluxDB.
var parts = []struct{ part, meaning string }{
	{"field type conflict", "another type of value is stored"},
	{"is type", "another type of value is stored"}, // 2.x: input field "value" is type float, already exists as type integer
	{"retention policy not found", "the database has no retention policy"},
	{"retention policy", "the points are older than its retention"},
	{"max-series", "it holds too many series"},
	{"max-values", "it holds too many values of a tag"},
	{"unable to parse", "it cannot parse the points"},
	{"partial write", "it takes a part of the points"},
	{"timeout", "it timed out"},
	{plainRequest, "it requires TLS: it needs a Secret with ca.crt or tls"},
}

// meanings are the meanings of statuses, for errors that are not known.
var meanings = map[int]string{
	http.StatusUnauthorized:          "the login is wrong",
	http.StatusForbidden:             "the login may not write",
	http.StatusNotFound:              "no such database",
	http.StatusRequestEntityTooLarge: "too large",
	http.StatusTooManyRequests:       "too many requests",
}

// phrase returns the meaning of a server's error, "" if it is not known. It names the
// measurements that the error is about.
func phrase(status int, words string) string {
	if meaning, ok := meanings[status]; ok {
		return meaning
	}
	for _, p := range parts {
		if strings.Contains(words, p.part) {
			return p.meaning + measurements(words)
		}
	}
	return ""
}

// measurements lists the measurements that a text names.
func measurements(text string) string {
	var named []string
	for _, name := range []string{sample.NameError, sample.NameJob, sample.NameTime, sample.NameParallelism} {
		if strings.Contains(text, name) {
			named = append(named, name)
		}
	}
	if len(named) == 0 {
		return ""
	}
	return " in " + strings.Join(named, ", ")
}
