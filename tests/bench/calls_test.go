package bench_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"kubejobs/functions"
	"kubejobs/shared/testkit/redistest"
)

// work is what a redis-server did for a call, on average.
type work struct {
	commands map[string]int // of all calls
	in, out  int            // bytes of one call
}

// counted is the number of calls that are averaged: the answers of INFO differ by some bytes.
const counted = 20

// Starts, statuses and stops cost the state Redis the same among 10 and among 10,000 jobs.
func TestCallsDoNotGrow(t *testing.T) {
	t.Parallel()
	const few, many = 10, 10_000
	server := redistest.Start(t)
	handler := openSettings(t, map[string]string{
		"STATE_REDIS_URL": server.URL(), "TICK_SPACING": "0", "TICK_SINK": "http://127.0.0.1:1/", "METRICS": "false",
	}, functions.Options{})
	queues := redistest.Start(t) // the commands of starts at the queues do not count
	fillQueues(t, queues, many)
	startMany(t, handler, queues.Port(), 0, few)
	callsOf(t, handler, server, queues.Port(), "warm")
	among10 := callsOf(t, handler, server, queues.Port(), "some")
	startMany(t, handler, queues.Port(), few, many)
	among10000 := callsOf(t, handler, server, queues.Port(), "more")
	const tolerance = 32 // bytes: numbers have more digits, the answers of INFO too
	for call, a := range among10 {
		b := among10000[call]
		t.Logf("%s: %v, %d bytes in, %d out; among %d jobs %v, %d, %d", call, a.commands, a.in, a.out, many, b.commands, b.in, b.out)
		if !maps.Equal(a.commands, b.commands) || max(b.in-a.in, b.out-a.out) > tolerance {
			t.Errorf("%d times %s: %v, each %d bytes in and %d out; among %d jobs %v, %d and %d",
				counted, call, a.commands, a.in, a.out, many, b.commands, b.in, b.out)
		}
	}
	if page := call(t, handler, http.MethodGet, "/monitoring", "", http.StatusOK); strings.Count(page, `"id":`) > 100 {
		t.Errorf("a page of the list has %d jobs, want at most 100", strings.Count(page, `"id":`))
	}
}

// callsOf makes each call for some new jobs.
func callsOf(t *testing.T, handler http.Handler, server *redistest.Server, port int, prefix string) map[string]work {
	t.Helper()
	all := map[string]work{}
	for _, c := range []struct {
		name, method, path string
		code               int
	}{
		{"start", http.MethodPost, "", http.StatusAccepted},
		{"status", http.MethodGet, "", http.StatusOK},
		{"stop", http.MethodPut, "/stop", http.StatusNoContent},
	} {
		before := workOf(t, server)
		for i := range counted {
			id := fmt.Sprintf("%s-%02d", prefix, i)
			call(t, handler, c.method, "/monitoring/"+id+c.path, request(port, id), c.code)
		}
		all[c.name] = workOf(t, server).since(before)
	}
	return all
}

// request returns the request of a job that has lists of its own.
func request(port int, id string) string {
	return fmt.Sprintf(`{"plugin":"kubejobs","collect_period":3600,"plugin_info":{"expected_time":3600,`+
		`"redis_ip":"127.0.0.1","redis_port":%d,"queue":{"pending":%q,"processing":%q,"results":%q}}}`, port, id, id+":p", id+":r")
}

// fillQueues gives an item to each job that the test starts.
func fillQueues(t *testing.T, server *redistest.Server, many int) {
	t.Helper()
	pipe := server.Client().Pipeline()
	for i := range many {
		pipe.RPush(t.Context(), "many-"+strconv.Itoa(i), "x")
	}
	for _, prefix := range []string{"warm", "some", "more"} {
		for i := range counted {
			pipe.RPush(t.Context(), fmt.Sprintf("%s-%02d", prefix, i), "x")
		}
	}
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// call makes a call and returns the body of the answer.
func call(t *testing.T, handler http.Handler, method, path, body string, code int) string {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	if w.Code != code {
		t.Errorf("%s %s: %d %s, want %d", method, path, w.Code, w.Body, code)
	}
	return w.Body.String()
}

// startMany starts jobs from the first-th up to the end-th, some at once.
func startMany(t *testing.T, handler http.Handler, port, first, end int) {
	t.Helper()
	const concurrent = 16
	var workers sync.WaitGroup
	for n := range concurrent {
		workers.Go(func() {
			for i := first + n; i < end && !t.Failed(); i += concurrent {
				id := "many-" + strconv.Itoa(i)
				call(t, handler, http.MethodPost, "/monitoring/"+id, request(port, id), http.StatusAccepted)
			}
		})
	}
	workers.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// workOf returns what a redis-server has done so far.
func workOf(t *testing.T, server *redistest.Server) work {
	t.Helper()
	client := server.Client()
	text, err := client.Info(t.Context(), "commandstats", "stats").Result()
	if err != nil {
		t.Fatal(err)
	}
	w := work{commands: map[string]int{}}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value, _, _ = strings.Cut(strings.TrimPrefix(value, "calls="), ",")
		n, _ := strconv.Atoi(value)
		switch {
		case name == "total_net_input_bytes":
			w.in = n
		case name == "total_net_output_bytes":
			w.out = n
		case strings.HasPrefix(name, "cmdstat_"):
			w.commands[strings.TrimPrefix(name, "cmdstat_")] = n
		}
	}
	for _, own := range []string{"info", "hello", "client|setinfo"} {
		delete(w.commands, own) // of this client
	}
	return w
}

// since returns what was done since before, for counted calls.
func (w work) since(before work) work {
	now := work{map[string]int{}, (w.in - before.in) / counted, (w.out - before.out) / counted}
	for name, n := range w.commands {
		if n -= before.commands[name]; n > 0 {
			now.commands[name] = n
		}
	}
	return now
}
