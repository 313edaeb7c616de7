package bench_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
	"kubejobs/tests/bench/rig"
)

// contender is a program whose starts are measured.
type contender struct {
	name     string
	path     string // of its program
	args     []string
	settings []string
	took     []float64 // milliseconds from exec to the first answer, one for each start
	cpu      []float64 // milliseconds of CPU until the program was ended
	resident []float64 // MB after the first answer
}

// BenchmarkStart measures from exec to the answer to the first tick, of kubejobs and of the
// bare program in turns, both stripped. Each is ended after its first answer.
func BenchmarkStart(b *testing.B) {
	handler, queue := open(b, nil)
	if err := queue.Client().RPush(b.Context(), "job", "x", "y", "z").Err(); err != nil {
		b.Fatal(err)
	}
	start(b, handler, queue.Port(), "bench")
	bare := rig.Build(b, "kubejobs/tests/bench/bare")
	kubejobs := rig.Build(b, "kubejobs/functions/cmd/kubejobs")
	all := []*contender{
		{name: "bare", path: bare, settings: []string{"FUNCTION_TARGET=tick"}},
		{name: "tick", path: kubejobs, args: []string{"serve"}, settings: []string{"FUNCTION_TARGET=tick"}},
		{name: "knative", path: kubejobs, args: []string{"serve"}, settings: []string{"FUNCTION_TARGET=tick", "K_SERVICE=tick", "SCHEDULER=local"}},
		{name: "all", path: kubejobs, args: []string{"serve"}, settings: []string{"FUNCTION_TARGET=all"}},
	}
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		for _, one := range all {
			one.run(b, queue, i)
		}
	}
	b.ReportMetric(0, "ns/op") // the sum of all says nothing
	for _, one := range all {
		b.ReportMetric(median(one.took), one.name+"-ms")
		b.ReportMetric(median(one.cpu), one.name+"-cpu-ms")
		b.ReportMetric(median(one.resident), one.name+"-MB")
		b.ReportMetric(median(one.took)/median(all[0].took), one.name+"-ratio")
	}
}

// run starts the program, sends it ticks until it answers, and ends it.
func (c *contender) run(b *testing.B, state *redistest.Server, n int) {
	b.Helper()
	port := strconv.Itoa(proctest.FreePort(b))
	cmd := exec.CommandContext(b.Context(), c.path, c.args...)
	cmd.Env = append([]string{
		"PORT=" + port, "LISTEN_ADDRESS=127.0.0.1:" + port, "STATE_REDIS_URL=" + state.URL(),
		"TICK_SPACING=0", "TICK_SINK=http://127.0.0.1:1/", "LOG_LEVEL=error",
	}, c.settings...)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for end := began.Add(proctest.Patience); !answers(client, port, c.name, n); time.Sleep(200 * time.Microsecond) {
		if time.Now().After(end) {
			_ = cmd.Process.Kill()
			b.Fatalf("%s does not answer", c.name)
		}
	}
	c.took = append(c.took, float64(time.Since(began))/float64(time.Millisecond))
	c.resident = append(c.resident, resident(b, cmd.Process.Pid))
	_ = cmd.Process.Kill() // it may have ended
	_ = cmd.Wait()         // killed
	c.cpu = append(c.cpu, float64(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())/float64(time.Millisecond))
}

// answers reports whether the program takes a tick.
func answers(client *http.Client, port, name string, n int) bool {
	r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:"+port+"/", strings.NewReader(`{"app_id":"bench"}`))
	if err != nil {
		return false
	}
	for name, value := range map[string]string{
		"Ce-Id": fmt.Sprintf("%s-%d", name, n), "Ce-Source": "/apis/v1/namespaces/default/pingsources/bench",
		"Ce-Specversion": "1.0", "Ce-Type": "dev.knative.sources.ping", "Content-Type": "application/json",
	} {
		r.Header.Set(name, value)
	}
	response, err := client.Do(r)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// resident returns the memory of a process, in MB.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kilobytes, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kilobytes / 1000
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
