package openapitest

import (
	"compress/gzip"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// answer returns an exchange with an answer.
func answer(method, target string, status int, contentType, body string, header ...string) exchange {
	u, err := url.Parse(target)
	if err != nil {
		panic(err)
	}
	x := exchange{
		unit: "all", method: method, url: u, header: http.Header{}, status: status, answered: http.Header{}, body: []byte(body), complete: true,
	}
	if contentType != "" {
		x.answered.Set("Content-Type", contentType)
	}
	for i := 0; i < len(header); i += 2 {
		x.answered.Set(header[i], header[i+1])
	}
	return x
}

// compressed returns an answer in gzip to a request that accepts some encodings.
func compressed(body, accept string) exchange {
	var small strings.Builder
	writer := gzip.NewWriter(&small)
	_, _ = writer.Write([]byte(body)) // a builder takes everything
	_ = writer.Close()
	x := answer("GET", "/monitoring/a/samples", 200, asJSON, small.String(), "Content-Encoding", "gzip")
	x.header.Set("Accept-Encoding", accept)
	return x
}

const (
	asJSON = "application/json"
	no404  = `{"error_code":404,"error_message":"no such job","error_name":"NOT_FOUND"}`
	no400  = `{"error_code":400,"error_message":"no such job","error_name":"BAD_REQUEST"}`
	no405  = `{"error_code":405,"error_message":"this path takes PUT","error_name":"METHOD_NOT_ALLOWED"}`
	page   = `{"job":"a","samples":[{"timestamp":1,"at":"1970-01-01T00:00:00.001Z","job_progress":0.5,"time_progress":0,"error":0.5,"replicas":1}]}`
	line   = `{"timestamp":1,"at":"1970-01-01T00:00:00.001Z","job_progress":0.5,"time_progress":0,"error":0.5,"replicas":1}` + "\n"
	table  = "timestamp,at,job_progress,time_progress,error,replicas,parallelism,lateness\r\n"
	event  = "id: 1\nevent: phase\ndata: {\"phase\":\"pending\",\"reason\":\"\"}\n\n"
)

func TestRightAnswers(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]exchange{
		"samples":             answer("GET", "/monitoring/a/samples", 200, asJSON, page),
		"compressed":          compressed(page, "br, gzip"),
		"with .json":          answer("GET", "/monitoring/a/samples.json?limit=1", 200, asJSON, page),
		"HEAD":                answer("HEAD", "/monitoring/a/samples", 200, asJSON, ""),
		"lines":               answer("GET", "/monitoring/a/samples.ndjson", 200, "application/x-ndjson", line+line),
		"no lines":            answer("GET", "/monitoring/a/samples.ndjson", 200, "application/x-ndjson", ""),
		"a table":             answer("GET", "/monitoring/a/samples.csv", 200, "text/csv; charset=utf-8; header=present", table),
		"a stream":            answer("GET", "/monitoring/a/events", 200, "text/event-stream", "retry: 500\n\n: alive\n\n"+event),
		"a stop":              answer("PUT", "/monitoring/a/stop", 204, asJSON, ""),
		"an unknown job":      answer("GET", "/monitoring/a", 404, asJSON, no404),
		"an unknown path":     answer("GET", "/nothing", 404, asJSON, no404),
		"an escaped slash":    answer("GET", "/monitoring/a%2Fb/report", 400, asJSON, no400),
		"an unclean path":     answer("GET", "/monitoring//a", 400, asJSON, no400),
		"a wrong method":      answer("POST", "/monitoring/a/stop", 405, asJSON, no405, "Allow", "PUT"),
		"an acknowledgement":  answer("POST", "/", 200, "", "", "Kubejobs-Outcome", "sampled"),
		"a tick on any path":  {unit: "tick", method: "POST", url: &url.URL{Path: "/x"}, status: 200, complete: true, answered: http.Header{"Kubejobs-Outcome": {"failed"}}},
		"a probe of its unit": {unit: "sweep", method: "GET", url: &url.URL{Path: "/health/x"}, status: 404, complete: true, answered: http.Header{"Content-Type": {asJSON}}, body: []byte(no404)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := load().check(x); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWrongAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		x    exchange
		want string
	}{
		"a field too many":         {answer("GET", "/monitoring/a/samples", 200, asJSON, `{"job":"a","samples":[],"more":1}`), "additional properties 'more'"},
		"a field too few":          {answer("GET", "/monitoring/a/samples", 200, asJSON, `{"samples":[]}`), "missing property 'job'"},
		"another type":             {answer("GET", "/monitoring/a/samples", 200, asJSON, strings.Replace(page, "0.5", `"0.5"`, 1)), "want number"},
		"out of bounds":            {answer("GET", "/monitoring/a/samples", 200, asJSON, strings.Replace(page, "0.5", "1.5", 1)), "maximum"},
		"no time":                  {answer("GET", "/monitoring/a/samples", 200, asJSON, strings.Replace(page, "1970-01-01T", "1970-13-01T", 1)), "date-time"},
		"another status":           {answer("GET", "/monitoring/a/samples", 418, asJSON, page), "does not describe status 418"},
		"another media type":       {answer("GET", "/monitoring/a/samples", 200, "text/plain", page), `type "text/plain" is not described`},
		"no media type":            {answer("GET", "/monitoring/a/samples", 200, "", page), `type "" is not described`},
		"gzip to nobody":           {compressed(page, "br"), "accepted is"},
		"another encoding":         {answer("GET", "/monitoring/a/samples", 200, asJSON, "", "Content-Encoding", "br"), "Content-Encoding"},
		"a wrong body in gzip":     {compressed(`{}`, "gzip"), "missing"},
		"no body":                  {answer("GET", "/monitoring/a/samples", 200, asJSON, ""), "EOF"},
		"an unfinished line":       {answer("GET", "/monitoring/a/samples.ndjson", 200, "application/x-ndjson", strings.TrimSpace(line)), "no end"},
		"a wrong line":             {answer("GET", "/monitoring/a/samples.ndjson", 200, "application/x-ndjson", line+"{}\n"), "missing properties"},
		"another table":            {answer("GET", "/monitoring/a/samples.csv", 200, "text/csv", "timestamp\r\n"), "does not match pattern"},
		"another event":            {answer("GET", "/monitoring/a/events", 200, "text/event-stream", strings.Replace(event, "phase", "face", 1)), "not described"},
		"an event with more":       {answer("GET", "/monitoring/a/events", 200, "text/event-stream", strings.Replace(event, `"reason"`, `"x":1,"reason"`, 1)), "additional properties 'x'"},
		"a body after a stop":      {answer("PUT", "/monitoring/a/stop", 204, asJSON, "{}"), "is not described"},
		"an error of another kind": {answer("GET", "/monitoring/a", 404, asJSON, no400), "the error says 400"},
		"an unknown path is found": {answer("GET", "/nothing", 200, asJSON, "{}"), "status 200, want 404"},
		"an unclean path is found": {answer("GET", "/monitoring/../plugins", 200, asJSON, "{}"), "status 200, want 400"},
		"a method is allowed":      {answer("DELETE", "/monitoring/a", 200, asJSON, "{}"), "status 200, want 405"},
		"other methods allowed":    {answer("POST", "/monitoring/a/stop", 405, asJSON, no405, "Allow", "GET"), `Allow is "GET"`},
		"another outcome":          {answer("POST", "/", 200, "", "", "Kubejobs-Outcome", "perhaps"), "header Kubejobs-Outcome"},
		"no outcome":               {answer("POST", "/jobs", 200, "", ""), "Kubejobs-Outcome is missing"},
		"a parameter is accepted":  {answer("GET", "/monitoring/a/samples?limit=1001", 200, asJSON, page), "getSamples accepted limit"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := load().check(tt.x); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// A request that was accepted must be one that the description allows.
func TestAcceptedRequests(t *testing.T) {
	t.Parallel()
	started := answer("POST", "/monitoring/a", 202, asJSON, `{"number_of_jobs":1,"collect_period":2,"expected_time":40,`+
		`"submission_time":"2026-11-24T05:41:07Z","deadline":"2026-11-24T05:41:47Z","queue":"r:1","queue_database":0,`+
		`"queue_lists":{"pending":"job","processing":"job:processing","results":"job:results"},"scaling_strategy":"default","warnings":[]}`,
		"Location", "/monitoring/a")
	for body, right := range map[string]bool{
		`{"plugin":"kubejobs","plugin_info":{"expected_time":40}}`:                          true,
		"\ufeff" + `{"plugin":"kubejobs","plugin_info":{"expected_time":4e1,"queue":null}}`: true,
		`{"plugin":"kubejobs","plugin_info":{"expected_time":0}}`:                           false,
		`{"plugin":"other","plugin_info":{"expected_time":40}}`:                             false,
		`{"plugin":"kubejobs","plugin_info":{"expected_time":40,"scaling_strategy":"pid"}}`: false,
		``: false,
	} {
		started.sent = []byte(body)
		if err := load().check(started); (err == nil) != right {
			t.Errorf("%s: %v, want right: %t", body, err, right)
		}
	}
}
