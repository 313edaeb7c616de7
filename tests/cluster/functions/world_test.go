package functions_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"k8s.io/client-go/rest"

	"kubejobs/functions"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/testkit/redistest"
	"kubejobs/tests/cluster/controlplane"
)

// world is the deployed units of the function set, with a state Redis and a jobs'
// Redis.
type world struct {
	t         testing.TB
	plane     *controlplane.ControlPlane
	ticks     string // namespace of the functions and the PingSources
	batch     string // namespace of the Jobs
	state     *redistest.Server
	queue     *redistest.Server
	url       map[string]string // by unit
	overrides map[string]string
}

// open deploys the units into new namespaces. change may remove rights from the Roles,
// and settings are added to the usual ones.
func open(tb testing.TB, p *controlplane.ControlPlane, change func(role) role, settings map[string]string) *world {
	tb.Helper()
	w := &world{
		t: tb, plane: p, ticks: p.Namespace(tb), batch: p.Namespace(tb),
		state: redistest.StartState(tb), queue: redistest.Start(tb), url: map[string]string{}, overrides: settings,
	}
	if settings["same namespace"] != "" {
		w.batch = w.ticks
	}
	if err := w.queue.Client().RPush(tb.Context(), "job", "a", "b", "c", "d").Err(); err != nil {
		tb.Fatal(err)
	}
	configs := map[string]*rest.Config{}
	for _, unit := range []string{config.TargetMonitor, config.TargetTick, config.TargetSweep} {
		configs[unit] = p.ServiceAccountConfig(tb, w.ticks, "kubejobs-"+unit)
	}
	w.applyRoles(change)
	for unit, c := range configs {
		w.url[unit] = w.serve(unit, p.Kubeconfig(tb, c, w.ticks))
	}
	return w
}

// serve runs one unit with a kubeconfig.
func (w *world) serve(unit, kubeconfig string) string {
	w.t.Helper()
	settings := map[string]string{
		"FUNCTION_TARGET": unit, "STATE_REDIS_URL": w.state.URL(), "KUBECONFIG": kubeconfig,
		"JOB_NAMESPACE": w.batch, "PINGSOURCE_NAMESPACE": w.ticks, "ALLOWED_HOSTS": "127.0.0.0/8",
		"MIN_PERIOD": "1s", "TICK_SPACING": "0",
	}
	for name, value := range w.overrides {
		settings[name] = value
	}
	cfg, err := config.Load(func(name string) (string, bool) { value, ok := settings[name]; return value, ok })
	if err != nil {
		w.t.Fatal(err)
	}
	set, err := functions.Open(w.t.Context(), cfg, slog.New(slog.DiscardHandler), functions.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = set.Close(context.WithoutCancel(w.t.Context())) })
	handler, err := set.Handler(unit)
	if err != nil {
		w.t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	w.t.Cleanup(server.Close)
	return server.URL
}

// call makes a request to a unit.
func (w *world) call(unit, method, path, body string, headers ...string) (int, string) {
	w.t.Helper()
	status, _, text := w.callHeader(unit, method, path, body, headers...)
	return status, text
}

// callHeader is like call, and also returns the header of the answer.
func (w *world) callHeader(unit, method, path, body string, headers ...string) (int, http.Header, string) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.url[unit]+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(text)
}

// start starts a job and expects 202.
func (w *world) start(id string, period int) {
	w.t.Helper()
	w.startWith(id, period, `"expected_time":600,"number_of_jobs":4`)
}

// startWith starts a job with members of plugin_info and expects 202.
func (w *world) startWith(id string, period int, members string) {
	w.t.Helper()
	status, text := w.call(config.TargetMonitor, http.MethodPost, "/monitoring/"+id, fmt.Sprintf(
		`{"plugin":"kubejobs","collect_period":%d,"plugin_info":{%s,"redis_ip":"127.0.0.1","redis_port":%d}}`,
		period, members, w.queue.Port()))
	if status != http.StatusAccepted {
		w.t.Fatalf("start %s: %d %s, want 202", id, status, text)
	}
}

func (w *world) stop(id string) {
	w.t.Helper()
	if status, text := w.call(config.TargetMonitor, http.MethodPut, "/monitoring/"+id+"/stop", ""); status != http.StatusNoContent {
		w.t.Fatalf("stop %s: %d %s, want 204", id, status, text)
	}
}

// tick sends a tick as the PingSource would and returns its outcome.
func (w *world) tick(id string) monitor.Outcome {
	w.t.Helper()
	status, header, text := w.callHeader(config.TargetTick, http.MethodPost, "/", fmt.Sprintf(`{"app_id":%q}`, id),
		"Ce-Id", uuid.NewString(), "Ce-Specversion", "1.0", "Ce-Type", "dev.knative.sources.ping",
		"Ce-Source", "/apis/v1/namespaces/"+w.ticks+"/pingsources/kubejobs-"+id, "Ce-Time", time.Now().UTC().Format(time.RFC3339Nano))
	if status != http.StatusOK || text != "" {
		w.t.Fatalf("tick of %s: %d %s, want 200 and no body", id, status, text)
	}
	return monitor.Outcome(header.Get("Kubejobs-Outcome"))
}

func (w *world) expectTick(id string, want monitor.Outcome) {
	w.t.Helper()
	if got := w.tick(id); got != want {
		w.t.Fatalf("tick of %s: %q, want %q", id, got, want)
	}
}

// sweep runs a sweep and returns its result, or false if it failed.
func (w *world) sweep() (monitor.Swept, bool) {
	w.t.Helper()
	status, text := w.call(config.TargetSweep, http.MethodPost, "/", "{}")
	var swept monitor.Swept
	if status != http.StatusOK {
		return swept, false
	}
	if err := json.Unmarshal([]byte(text), &swept); err != nil {
		w.t.Fatalf("sweep: %v in %s", err, text)
	}
	return swept, true
}

func (w *world) status(id string) monitor.Status {
	w.t.Helper()
	code, text := w.call(config.TargetMonitor, http.MethodGet, "/monitoring/"+id, "")
	var status monitor.Status
	if code != http.StatusOK || json.Unmarshal([]byte(text), &status) != nil {
		w.t.Fatalf("status of %s: %d %s", id, code, text)
	}
	return status
}

// emptyQueue empties the queue, as if the workers were done.
func (w *world) emptyQueue() {
	w.t.Helper()
	if err := w.queue.Client().Del(w.t.Context(), "job").Err(); err != nil {
		w.t.Fatal(err)
	}
}

// requests returns the requests of a unit to Kubernetes, each as "verb resource".
func (w *world) requests(unit string) []string {
	w.t.Helper()
	var made []string
	for _, entry := range w.plane.Requests(w.t, controlplane.ServiceAccountUser(w.ticks, "kubejobs-"+unit)) {
		made = append(made, entry.Verb+" "+entry.Resource)
	}
	return made
}
