package hostile_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kubejobs/shared/core/job"
)

var (
	hostHeader   = regexp.MustCompile(`(?m)^Host: [^\r]*`)
	redisAddress = regexp.MustCompile(`"redis_ip": "127.0.0.1", "redis_port": \d+`)
)

// corpus returns the captured requests, made for this server and this queue, and
// requests of the calls that nobody captured.
func corpus(t *testing.T, queue job.Address) [][]byte {
	t.Helper()
	var requests [][]byte
	add := func(text []byte) {
		text = hostHeader.ReplaceAll(text, []byte("Host: 127.0.0.1"))
		head, body, _ := bytes.Cut(text, []byte("\r\n\r\n"))
		body = redisAddress.ReplaceAll(body, fmt.Appendf(nil, `"redis_ip": "127.0.0.1", "redis_port": %d`, queue.Port))
		requests = append(requests, withLength(head, body))
	}
	for _, pattern := range []string{"asperathos/*.request", "knative/*.http", "func/invoke*.txt"} {
		names, err := filepath.Glob("../testdata/" + pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v, %v", pattern, names, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, request, ok := bytes.Cut(text, []byte(" bytes)\n")); ok { // a recording of func
				text, _, _ = bytes.Cut(request, []byte("\n===== "))
			}
			add(text)
		}
	}
	for _, line := range []string{
		"GET /", "GET /monitoring?limit=3&after=kj-a", "GET /monitoring/kj-life001", "GET /monitoring/kj-life001/samples?since=0&limit=7",
		"GET /monitoring/kj-life001/samples.csv?until=2026-11-24T05:41:07Z", "GET /monitoring/kj-life001/events?last_event_id=1.running",
		"GET /health/readiness", "GET /metrics", "POST /plugins", "POST /sweep", "DELETE /monitoring/kj-life001", "GET /nowhere",
	} {
		add([]byte(line + " HTTP/1.1\r\nHost: kubejobs\r\nAccept: application/json\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n"))
	}
	for _, kind := range []string{"add", "update", "delete"} {
		add([]byte("POST /jobs HTTP/1.1\r\nHost: kubejobs\r\nContent-Type: application/json\r\nCe-Id: 1\r\nCe-Specversion: 1.0\r\n" +
			"Ce-Source: https://10.0.0.1:443\r\nCe-Type: dev.knative.apiserver.resource." + kind + "\r\n\r\n" +
			`{"kind":"Job","metadata":{"name":"kj-life001","namespace":"default","uid":"u","resourceVersion":"7",` +
			`"creationTimestamp":"2026-11-24T05:41:07Z"},"spec":{"template":{}},"status":{"active":2,"conditions":[]}}`))
	}
	add([]byte("POST / HTTP/1.1\r\nHost: kubejobs\r\nContent-Type: application/cloudevents+json\r\n\r\n" +
		`{"specversion":"1.0","id":"1","type":"dev.knative.sources.ping","source":"/apis/v1/namespaces/a/pingsources/b",` +
		`"data":{"app_id":"kj-life001","life":1}}`))
	return requests
}

// withLength returns a request whose Content-Length is that of its body.
func withLength(head, body []byte) []byte {
	lines := slices.DeleteFunc(strings.Split(string(head), "\r\n"), func(line string) bool {
		return strings.HasPrefix(strings.ToLower(line), "content-length:")
	})
	if len(body) > 0 {
		lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)))
	}
	return append([]byte(strings.Join(lines, "\r\n")+"\r\n\r\n"), body...)
}

// odd are texts that are inserted, or take the place of others.
var odd = []string{
	"", "\x00", "\xff\xfe", "\r\n", "\r\n\r\n", "%00", "%2e%2e%2f", "/../", "//", "?", "#", ";", "\\u0000", "\\ud800", "\u202e", "null", "true",
	"[", "{", "]", "}", "\"", ",", "1e400", "-1e-400", "-0", "9007199254740993", "18446744073709551615", "NaN", "\x1b[31m", "a=b&a=c",
	strings.Repeat("[", 20_000), strings.Repeat("9", 5_000), strings.Repeat("a", 20_000), "🙂",
}

var oddHeaders = []string{
	"Content-Length: 5", "Content-Length: 99999999999999999999", "Content-Length: -1", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip",
	"Expect: 100-continue", "Content-Type: application/cloudevents+json", "Content-Type: application/cloudevents-batch+json",
	"Content-Encoding: gzip", "Accept: text/csv;q=2", "Last-Event-ID: 99999999999999999999.running", "Ce-Id: %00%ff%zz", "Ce-Time: x",
	"Ce-Specversion: 0.3", "Connection: Upgrade", "Upgrade: h2c", "Host: ", "X-Forwarded-For: " + strings.Repeat("1.1.1.1,", 500),
	"Traceparent: 00-zz", "X: " + strings.Repeat("a", 30_000), strings.Repeat("X: a\r\n", 2_000) + "Y: a", " folded", "no colon",
}

var startLines = []string{
	"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "get", "\x00", "",
}

// mutate returns a changed request. Half of the changed bodies have a right length.
func mutate(r *rand.Rand, requests [][]byte) []byte {
	text := slices.Clone(pick(r, requests))
	for range 1 + r.IntN(3) {
		head, body, _ := bytes.Cut(text, []byte("\r\n\r\n"))
		lines := strings.Split(string(head), "\r\n")
		at := r.IntN(len(text) + 1)
		switch r.IntN(10) {
		case 0: // bits
			for range 1 + r.IntN(4) {
				if len(text) > 0 {
					text[r.IntN(len(text))] ^= 1 << r.IntN(8)
				}
			}
		case 1:
			text = text[:at]
		case 2: // a part twice
			end := at + r.IntN(len(text)-at+1)
			text = slices.Insert(text, end, slices.Clone(text[at:end])...)
		case 3: // with another request
			other := pick(r, requests)
			text = append(text[:at:at], other[r.IntN(len(other)):]...)
		case 4:
			text = slices.Insert(text, at, []byte(pick(r, odd))...)
		case 5: // a header
			lines[r.IntN(len(lines))] = pick(r, oddHeaders)
			text = []byte(strings.Join(lines, "\r\n") + "\r\n\r\n" + string(body))
		case 6:
			lines = append(lines, pick(r, oddHeaders))
			text = []byte(strings.Join(lines, "\r\n") + "\r\n\r\n" + string(body))
		case 7: // the method, the path and the version
			words := strings.Split(lines[0], " ")
			words[r.IntN(len(words))] = pick(r, slices.Concat(startLines, odd))
			lines[0] = strings.Join(words, " ")
			text = []byte(strings.Join(lines, "\r\n") + "\r\n\r\n" + string(body))
		default: // the body alone
			at = r.IntN(len(body) + 1)
			text = withLength(head, slices.Insert(slices.Clone(body), at, []byte(pick(r, odd))...))
		}
	}
	if head, body, ok := bytes.Cut(text, []byte("\r\n\r\n")); ok && r.IntN(2) == 0 {
		return withLength(head, body)
	}
	return text
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
