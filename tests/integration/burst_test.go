package integration_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// hanging is an API server that answers nothing.
type hanging struct {
	kubeconfig string
	refuse     func() // makes it refuse what waits and what comes

	mu            sync.Mutex
	waiting, most int // requests, now and at most
}

func (h *hanging) count(by int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting += by
	h.most = max(h.most, h.waiting)
}

func (h *hanging) counts() (waiting, most int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.waiting, h.most
}

func hangingKubernetes(t *testing.T) *hanging {
	t.Helper()
	h, over := &hanging{}, make(chan struct{})
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.count(1)
		defer h.count(-1)
		select {
		case <-r.Context().Done():
		case <-over:
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	h.refuse = sync.OnceFunc(func() { close(over) })
	t.Cleanup(func() { h.refuse(); api.Close() })
	h.kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"a",`+
		`"clusters":[{"name":"a","cluster":{"server":%q}}],"contexts":[{"name":"a","context":{"cluster":"a","user":"a"}}],`+
		`"users":[{"name":"a","user":{}}]}`, api.URL)
	if err := os.WriteFile(h.kubeconfig, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return h
}

// While Kubernetes hangs, a burst of starts, of which an instance gets 50 at a time,
// leaves room for the other calls: only a few starts wait, the others are accepted.
func TestBurstOfStartsWhileKubernetesHangs(t *testing.T) {
	t.Parallel()
	const burst, concurrency = 120, 50
	state, queue := redistest.StartState(t), redistest.Start(t)
	kubernetes := hangingKubernetes(t)
	s := serve(t, "STATE_REDIS_URL="+state.URL(), "SCHEDULER=knative", "KUBECONFIG="+kubernetes.kubeconfig, "JOB_STATUS=queue",
		"TICK_SINK=ksvc/tick", "PINGSOURCE_NAMESPACE=default", "ALLOWED_HOSTS=127.0.0.1/32")
	slots, answered := make(chan struct{}, concurrency), make(chan struct{}, burst)
	for i := range burst {
		go func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			body := fmt.Appendf(nil, `{"plugin":"kubejobs","plugin_info":{"expected_time":600,"number_of_jobs":10,`+
				`"redis_ip":"127.0.0.1","redis_port":%d}}`, queue.Port())
			status, text, err := s.call(t.Context(), http.MethodPost, fmt.Sprintf("/monitoring/j%d", i), body)
			if err != nil || status != http.StatusAccepted {
				t.Errorf("start: %d %s %v, want 202", status, text, err)
			}
			answered <- struct{}{}
		}()
	}
	for range burst - monitor.MaxWaiting {
		<-answered
	}
	if waiting, most := kubernetes.counts(); waiting == 0 || most > monitor.MaxWaiting {
		t.Errorf("%d starts wait for Kubernetes, at most %d did, want 1 to %d", waiting, most, monitor.MaxWaiting)
	}
	slots <- struct{}{} // a report gets its turn beside the starts
	if status, _, err := s.call(t.Context(), http.MethodGet, "/monitoring/j0/report", nil); err != nil || status != http.StatusAccepted {
		t.Errorf("report: %d %v, want 202", status, err)
	}
	<-slots
	kubernetes.refuse()
	for range monitor.MaxWaiting {
		<-answered
	}
}

// The end of the program ends a sweep, however long it would take.
func TestEndDuringASweep(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string][]string{"own server": nil, "in Knative": {"K_SERVICE=sweep", "FUNCTION_TARGET=sweep"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kubernetes := hangingKubernetes(t)
			s := serve(t, append([]string{
				"STATE_REDIS_URL=" + redistest.StartState(t).URL(), "SCHEDULER=knative",
				"KUBECONFIG=" + kubernetes.kubeconfig, "JOB_STATUS=queue", "TICK_SINK=ksvc/tick", "PINGSOURCE_NAMESPACE=default",
			}, settings...)...)
			answer := make(chan string, 1)
			go func() {
				status, text, err := s.call(t.Context(), http.MethodPost, "/sweep", []byte("{}"))
				answer <- fmt.Sprintf("%d %s %v", status, text, err)
			}()
			proctest.Until(t, "the sweep lists the schedules", func() bool { waiting, _ := kubernetes.counts(); return waiting > 0 })
			s.expectEnd(t)
			want := `503 {"error_code":503,"error_message":"the server is ending","error_name":"SERVICE_UNAVAILABLE"}` + "\n <nil>"
			if got := <-answer; got != want {
				t.Errorf("the sweep is answered %q, want %q", got, want)
			}
		})
	}
}

var _ = net.Dial
