package readme_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// items is how many items each job of TestWorkers has.
const items = 30

// TestWorkers runs the documented workers against a real Redis. One of them is killed
// while it works. Its item waits in job:processing until another worker takes it
// over, or until it is returned by hand.
func TestWorkers(t *testing.T) {
	t.Parallel()
	for name, b := range workers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkload(t, b)
			dead := w.killOne(t)
			w.expectLeft(t, dead, "before another worker runs")
			others := []*exec.Cmd{w.start(t), w.start(t)}
			if w.leases {
				proctest.Until(t, "the others do what is left", func() bool { return w.length(t, "job:results") == items-1 })
				w.expectLeft(t, dead, "while its lease lasts")
				w.endLease(t, dead)
				await(t, others...)
			} else {
				await(t, others...)
				w.expectLeft(t, dead, "after the last worker")
				w.giveBack(t)
				await(t, w.start(t))
			}
			w.expectDone(t)
		})
	}
}

// await waits until workers end well.
func await(t *testing.T, workers ...*exec.Cmd) {
	t.Helper()
	for _, worker := range workers {
		if err := worker.Wait(); err != nil {
			t.Errorf("a worker ends with %v\n%s", err, worker.Stdout)
		}
	}
}

// workload is a monitored job and its worker.
type workload struct {
	*server
	client *redis.Client
	worker []string // its command
	leases bool     // it takes leases
}

// newWorkload starts the monitoring of a job whose worker is a block.
func newWorkload(t *testing.T, b block) *workload {
	t.Helper()
	queue := redistest.Start(t)
	w := &workload{
		client: queue.Client(), leases: strings.Contains(b.text, leaseOf("")),
		server: &server{redis: queue.Port(), folder: t.TempDir() + "/"},
	}
	file := w.folder + b.savedAs(t)
	if strings.Count(b.text, redisPort) != 1 {
		t.Fatalf("%s:%d: want the Redis on port %s", b.document, b.line, redisPort)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(b.text, redisPort, strconv.Itoa(w.redis))), 0o600); err != nil {
		t.Fatal(err)
	}
	if w.worker = []string{"python3", file}; b.info == "go" {
		w.worker = []string{w.folder + "worker"}
		build := exec.Command("go", "build", "-o", w.worker[0], file)
		build.Dir = root // in the module, as `go run` of the text
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build: %v\n%s", err, out)
		}
	}
	w.Process = proctest.Start(t, proctest.Program{
		Command: func(addr string) *exec.Cmd {
			_, own, _ := strings.Cut(addr, ":")
			cmd := exec.Command(program, "local")
			cmd.Env = []string{"PORT=" + own, "STATE_REDIS_URL=" + queue.URL(), "MIN_PERIOD=1s", "DEFAULT_PERIOD=1s", "LOG_LEVEL=error"}
			return cmd
		},
		Answers: proctest.OK("/health/readiness"),
	})
	for i := range items {
		if err := w.client.RPush(t.Context(), "job", "item "+strconv.Itoa(i)).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if code, text := w.call(t, http.MethodPost, "/monitoring/demo", `{"plugin":"kubejobs","plugin_info":{"expected_time":600}}`); code != http.StatusAccepted {
		t.Fatalf("start: %d %s", code, text)
	}
	return w
}

// start starts a worker, which ends with the test.
func (w *workload) start(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("env", append([]string{"PATH=" + pythonPath(t) + os.Getenv("PATH")}, w.worker...)...)
	output := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd
}

// killOne kills a worker that holds an item, and returns the item.
func (w *workload) killOne(t *testing.T) string {
	t.Helper()
	for range 10 { // the worker may be done with its item before it is killed
		worker := w.start(t)
		proctest.Until(t, "the worker holds an item", func() bool { return w.length(t, "job:results") > 0 && w.holding(t) })
		if err := worker.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = worker.Wait() // killed
		for range 2 {     // what the worker has sent is carried out before the second answer
			w.client.Ping(t.Context())
		}
		if held := w.client.LRange(t.Context(), "job:processing", 0, -1).Val(); len(held) == 1 {
			return held[0]
		}
	}
	t.Fatal("no worker was killed while it held an item")
	return ""
}

// holding reports whether a worker holds an item, and its lease if it takes one.
func (w *workload) holding(t *testing.T) bool {
	t.Helper()
	held := w.client.LRange(t.Context(), "job:processing", 0, -1).Val()
	return len(held) == 1 && (!w.leases || w.client.Exists(t.Context(), leaseOf(held[0])).Val() == 1)
}

func leaseOf(item string) string { return "job:lease:" + item }

// endLease ends the lease of an item, as its time would.
func (w *workload) endLease(t *testing.T, item string) {
	t.Helper()
	if left := w.client.TTL(t.Context(), leaseOf(item)).Val(); left <= 0 || left > time.Minute {
		t.Errorf("the lease of %s lasts for %v, want at most a minute", item, left)
	}
	w.client.Del(t.Context(), leaseOf(item))
}

func (w *workload) length(t *testing.T, list string) int64 {
	t.Helper()
	return w.client.LLen(t.Context(), list).Val()
}

func (w *workload) status(t *testing.T) monitor.Status {
	t.Helper()
	var status monitor.Status
	if code, text := w.call(t, http.MethodGet, "/monitoring/demo", ""); json.Unmarshal(text, &status) != nil {
		t.Fatalf("status: %d %s", code, text)
	}
	return status
}

// expectLeft checks that the item of a dead worker is in the list of the items in
// work, and that the next sample counts it as not done.
func (w *workload) expectLeft(t *testing.T, dead, when string) {
	t.Helper()
	now := time.Now().UnixMilli()
	var status monitor.Status
	proctest.Until(t, "a sample "+when, func() bool {
		status = w.status(t)
		return status.Last != nil && status.Last.Timestamp > now
	})
	left := w.length(t, "job") + 1
	want := float64(items-left) / items
	if status.Phase != job.PhaseRunning || status.Progress.Job != want || status.Last.Replicas != 1 {
		t.Errorf("%s: the job is %s with progress %v and %d replicas, want running, %v and 1",
			when, status.Phase, status.Progress.Job, status.Last.Replicas, want)
	}
	if diff := cmp.Diff([]string{dead}, w.client.LRange(t.Context(), "job:processing", 0, -1).Val()); diff != "" {
		t.Errorf("%s: in work (-want +got):\n%s", when, diff)
	}
}

// byHand finds the command that returns an item.
var byHand = regexp.MustCompile("`(redis-cli -p " + redisPort + " lmove [^`]+)`")

// giveBack runs the documented command that returns an item.
func (w *workload) giveBack(t *testing.T) {
	t.Helper()
	command := byHand.FindStringSubmatch(read(t, "functions/README.md"))
	if command == nil {
		t.Fatal("functions/README.md has no command that returns an item")
	}
	line := strings.ReplaceAll(command[1], redisPort, strconv.Itoa(w.redis))
	if out, err := exec.Command("bash", "-c", line).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", line, err, out)
	}
}

// expectDone checks that every item has one result, and that the job finished.
func (w *workload) expectDone(t *testing.T) {
	t.Helper()
	var want []string
	for i := range items {
		want = append(want, fmt.Sprintf("item %d is done", i))
	}
	slices.Sort(want)
	got := w.client.LRange(t.Context(), "job:results", 0, -1).Val()
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" || w.length(t, "job")+w.length(t, "job:processing") != 0 {
		t.Errorf("%d items wait, %d are in work; results (-want +got):\n%s", w.length(t, "job"), w.length(t, "job:processing"), diff)
	}
	proctest.Until(t, "the job ends", func() bool { return !w.status(t).Phase.Living() })
	if s := w.status(t); s.Phase != job.PhaseFinished || s.Progress.Job != 1 || s.Verdict == nil || !s.DeadlineMet {
		t.Errorf("the job is %s with %+v and %+v, want finished in time with progress 1", s.Phase, s.Progress, s.Verdict)
	}
}
