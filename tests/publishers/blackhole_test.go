package publishers_test

import (
	"fmt"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions"
	"kubejobs/shared/drivers/publish"
	"kubejobs/shared/testkit/influxtest"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
	"kubejobs/tests/world"
)

// holes is how many addresses that do not answer a caller names.
const holes = 70

// silent returns the port of a listener at host that accepts connections and never
// answers.
func silent(t *testing.T, host string) int {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		var kept []net.Conn
		for {
			connection, err := listener.Accept()
			if err != nil {
				for _, c := range kept {
					_ = c.Close()
				}
				return
			}
			kept = append(kept, connection)
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

// full returns the port of a listener at host whose backlog is full: nobody can
// connect any more, and is not told so.
func full(t *testing.T, host string) int {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(socket) })
	address := &syscall.SockaddrInet4{Addr: [4]byte(net.ParseIP(host).To4())}
	if err := syscall.Bind(socket, address); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(socket, 0); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	port := bound.(*syscall.SockaddrInet4).Port
	for range 8 {
		connection, err := net.DialTimeout("tcp", fmt.Sprintf("%s:%d", host, port), 50*time.Millisecond)
		if err != nil {
			return port
		}
		t.Cleanup(func() { _ = connection.Close() })
	}
	t.Fatal("the backlog does not fill")
	return 0
}

// openDefault opens a world with the default limits, but shorter times.
func openDefault(t *testing.T, settings map[string]string) *world.World {
	t.Helper()
	settings["RETRIES"], settings["ALLOWED_HOSTS"] = "1000", "127.0.0.0/8"
	return world.Open(t, settings, world.Options{Functions: functions.Options{
		Publish: publish.Options{Patience: 100 * time.Millisecond, Deadline: time.Second / 2, Rest: 2 * time.Second},
	}})
}

// startAll starts a job for each of the texts: other fields of its plugin_info.
func startAll(t *testing.T, w *world.World, name string, infos []string) []string {
	t.Helper()
	var wait sync.WaitGroup
	ids := make([]string, len(infos))
	for i, info := range infos {
		ids[i] = fmt.Sprint(name, "-", i)
		wait.Go(func() {
			body := `{"plugin":"kubejobs","plugin_info":{"expected_time":60,"number_of_jobs":6,` + info + `}}`
			if got := w.Call(http.MethodPost, "/monitoring/"+ids[i], body); got.Status != http.StatusAccepted {
				t.Errorf("start: %d %s", got.Status, got.Body)
			}
		})
	}
	wait.Wait()
	return ids
}

// round ticks all jobs at once, the job good among them, and returns how long that
// one's tick took and the largest number of goroutines that was seen.
func round(w *world.World, at int, ids []string) (time.Duration, int) {
	w.At(time.Duration(2*at) * time.Second)
	var wait sync.WaitGroup
	for _, id := range ids {
		wait.Go(func() { w.Tick(id) })
	}
	before := time.Now()
	w.Tick("good")
	took, goroutines := time.Since(before), runtime.NumGoroutine()
	wait.Wait()
	return took, max(goroutines, runtime.NumGoroutine())
}

// rounds runs five rounds, and returns the median time of the tick of the job good and
// the largest number of goroutines.
func rounds(w *world.World, from int, ids []string) (time.Duration, int) {
	var times []time.Duration
	most := 0
	for at := range 5 {
		took, goroutines := round(w, from+at, ids)
		times, most = append(times, took), max(most, goroutines)
	}
	slices.Sort(times)
	return times[len(times)/2], most
}

// While a caller's databases do not answer, the samples of another job all arrive, in
// as many ticks as ever, and the number of goroutines stays bounded.
func TestBlackHoleDatabases(t *testing.T) {
	t.Run("other servers", func(t *testing.T) {
		blackHoles(t, func(i int) (string, int, string) {
			host := fmt.Sprintf("127.0.1.%d", 1+i)
			switch i % 3 {
			case 0:
				return "127.0.0.1", silent(t, "127.0.0.1"), "a"
			case 1:
				return "127.0.0.1", full(t, "127.0.0.1"), "a"
			}
			return host, silent(t, host), "a"
		}, holes)
	})
	t.Run("other databases of a server", func(t *testing.T) {
		port := silent(t, "127.0.0.1")
		blackHoles(t, func(i int) (string, int, string) { return "127.0.0.1", port, fmt.Sprint("name-", i) }, 1)
	})
}

// blackHoles runs a job beside those whose databases hole returns. There are circuits for
// as many servers.
func blackHoles(t *testing.T, hole func(i int) (host string, port int, name string), servers int) {
	t.Helper()
	own := influxtest.Start(t)
	own.CreateDatabase("asperathos")
	w := openDefault(t, map[string]string{"INFLUX_URL": own.URL(), "METRICS": "true"})
	w.Fill(6, 0, 0)
	start(w, "good", "")
	others := redistest.Start(t) // the clients of a Redis share a few connections
	if err := others.Client().RPush(t.Context(), "job", "1", "2", "3", "4", "5", "6").Err(); err != nil {
		t.Fatal(err)
	}
	queue := fmt.Sprintf(`"redis_ip":"127.0.0.1","redis_port":%d`, others.Port())
	plain := startAll(t, w, "plain", slices.Repeat([]string{queue}, holes))
	var infos []string
	for i := range holes {
		host, port, name := hole(i)
		infos = append(infos, fmt.Sprintf(`%s,"enable_visualizer":true,"database_data":{"url":%q,"port":%d,"name":%q}`, queue, host, port, name))
	}
	ids := startAll(t, w, "hole", infos)
	without, before := rounds(w, 1, plain)
	with, most := rounds(w, 6, ids)
	t.Logf("the median tick takes %v beside them and %v beside as many others, at most %d goroutines and %d", with, without, most, before)
	if limit := before + 20*holes; most > limit {
		t.Errorf("%d goroutines, want at most %d", most, limit)
	}
	own.Pause() // what waits for it is not dropped for the others
	rounds(w, 11, ids)
	own.Resume()
	proctest.Until(t, "every sample of the other job", func() bool { return stored(own, "asperathos", "good")["job_progress"] == "15" })
	if diff := cmp.Diff(each(15), stored(own, "asperathos", "good")); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
	if got, ticks := w.Published("good"), w.Status("good").Ticks.Received; got != 15 || ticks != 15 {
		t.Errorf("%d samples of the other job published in %d ticks, want 15", got, ticks)
	}
	for _, id := range ids { // 70 clients of one Redis, which may fail to answer all within a second
		got, err := others.Client().LLen(t.Context(), id+":metrics").Result()
		if want := w.Status(id).Samples; err != nil || got != want || got == 0 {
			t.Errorf("%d samples of %s published, %v, want %d", got, id, err, want)
		}
	}
	proctest.Until(t, "the circuits to be open", func() bool {
		return metric(t, w, `kubejobs_publisher_circuit_open{publisher="influxdb"}`) == servers
	})
}
