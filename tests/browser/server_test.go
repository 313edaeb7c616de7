package browser_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// server is a running `kubejobs local` with its embedded Redis.
type server struct {
	*proctest.Process
	tb      testing.TB
	address string
	queue   *redis.Client // where the jobs' lists are
	token   string        // with which the test calls; "": none
}

// local starts the program, with its embedded Redis and settings (NAME=value), on a free port.
func local(tb testing.TB, settings ...string) *server {
	tb.Helper()
	redisPort := proctest.FreePort(tb)
	s := launch(tb, []string{"local", "--redis-port", strconv.Itoa(redisPort)}, settings)
	s.queue = redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", redisPort)})
	tb.Cleanup(func() { _ = s.queue.Close() })
	return s
}

// localOn starts the program on a state Redis, which has the jobs' lists too.
func localOn(tb testing.TB, state *redistest.Server, settings ...string) *server {
	tb.Helper()
	s := launch(tb, []string{"local"}, append(settings, "STATE_REDIS_URL="+state.URL()))
	s.queue = state.Client()
	return s
}

func launch(tb testing.TB, arguments, settings []string) *server {
	tb.Helper()
	process := proctest.Start(tb, proctest.Program{
		Command: func(addr string) *exec.Cmd {
			_, port, _ := strings.Cut(addr, ":")
			cmd := exec.Command(program, arguments...)
			cmd.Env = append([]string{"PORT=" + port, "LOG_LEVEL=error"}, settings...)
			return cmd
		},
		Answers: proctest.OK("/health/readiness"),
	})
	return &server{tb: tb, Process: process, address: "http://" + process.Addr()}
}

// handTicked are the settings of a server whose jobs are ticked by the test alone, as often
// as it likes.
func handTicked(tb testing.TB) []string {
	tb.Helper()
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	tb.Cleanup(sink.Close)
	return []string{"TICK_SINK=" + sink.URL, "TICK_SPACING=0"}
}

// url returns the address of the server as a browser gets it.
func (s *server) url() string { return s.address }

// job is what a test asks for; zero fields are left out of the request.
type job struct {
	id      string
	budget  float64       // seconds; 0: 600
	items   int           // 0: what the queue holds
	ago     time.Duration // how long ago it was submitted
	waiting int           // items that wait in its queue
	done    int           // items that are done
	period  float64       // seconds
	info    string        // further fields of plugin_info, with a comma before them
}

// start fills the queue of a job, starts it and expects 202.
func (s *server) start(j job) {
	s.tb.Helper()
	s.fill(j.id, j.waiting, 0, j.done)
	status, text := s.call(http.MethodPost, "/monitoring/"+j.id, j.request(s.queue.Options().Addr))
	if status != http.StatusAccepted {
		s.tb.Fatalf("start %s: %d %s, want 202", j.id, status, text)
	}
}

// request returns the body of a start. The job's lists have its name.
func (j job) request(queue string) string {
	host, port, _ := strings.Cut(queue, ":")
	if j.budget == 0 {
		j.budget = 600
	}
	info := fmt.Sprintf(`"expected_time":%g,"redis_ip":%q,"redis_port":%s,`+
		`"queue":{"pending":"%[4]s","processing":"%[4]s:processing","results":"%[4]s:results"}`, j.budget, host, port, j.id)
	if j.items != 0 {
		info += fmt.Sprintf(`,"number_of_jobs":%d`, j.items)
	}
	if j.ago != 0 {
		info += fmt.Sprintf(`,"submission_time":%q`, time.Now().Add(-j.ago).UTC().Format("2006-01-02T15:04:05.000000GMT"))
	}
	period := ""
	if j.period != 0 {
		period = fmt.Sprintf(`"collect_period":%g,`, j.period)
	}
	return fmt.Sprintf(`{"plugin":"kubejobs",%s"plugin_info":{%s%s}}`, period, info, j.info)
}

// fill makes the lists of a job hold these numbers of items.
func (s *server) fill(id string, waiting, inFlight, done int) {
	s.tb.Helper()
	err := setLists(s.tb.Context(), s.queue, id, waiting, inFlight, done)
	if err != nil {
		s.tb.Fatalf("fill the lists of %s: %v", id, err)
	}
}

// tick sends an event of a job's PingSource, and expects that it is taken.
func (s *server) tick(id string) {
	s.tb.Helper()
	if status, text := s.tryTick(id); status != http.StatusOK {
		s.tb.Fatalf("tick of %s: %d %s, want 200", id, status, text)
	}
}

// tryTick sends such an event, and returns the answer.
func (s *server) tryTick(id string) (int, []byte) {
	s.tb.Helper()
	request := s.request(http.MethodPost, "/", fmt.Sprintf(`{"app_id":%q}`, id))
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Ce-Id": uuid.NewString(), "Ce-Specversion": "1.0",
		"Ce-Source": "/apis/v1/namespaces/default/pingsources/" + id, "Ce-Type": "dev.knative.sources.ping",
		"Ce-Time": time.Now().UTC().Format(time.RFC3339Nano),
	} {
		request.Header.Set(name, value)
	}
	return s.send(request)
}

// status returns the status of a job.
func (s *server) status(id string) monitor.Status {
	s.tb.Helper()
	code, text := s.call(http.MethodGet, "/monitoring/"+id, "")
	var status monitor.Status
	if err := json.Unmarshal(text, &status); err != nil || code != http.StatusOK {
		s.tb.Fatalf("status of %s: %d %s %v", id, code, text, err)
	}
	return status
}

// call makes a request as a program does.
func (s *server) call(method, path, body string) (int, []byte) {
	s.tb.Helper()
	return s.send(s.request(method, path, body))
}

func (s *server) request(method, path, body string) *http.Request {
	s.tb.Helper()
	request, err := http.NewRequestWithContext(s.tb.Context(), method, s.url()+path, bytes.NewReader([]byte(body)))
	if err != nil {
		s.tb.Fatal(err)
	}
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	return request
}

func (s *server) send(request *http.Request) (int, []byte) {
	s.tb.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.tb.Fatal(err)
	}
	return response.StatusCode, text
}
