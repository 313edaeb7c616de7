package cluster_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"kubejobs/functions/tick"
	"kubejobs/tests/cluster"
	"kubejobs/tests/cluster/adapter"
	"kubejobs/tests/cluster/controlplane"
)

// startAdapter starts an adapter for one namespace, without jitter.
func startAdapter(t *testing.T, p *controlplane.ControlPlane, namespace string, s *sink) *adapter.Adapter {
	t.Helper()
	return adapter.Start(t, adapter.Options{
		Config: p.AdminConfig(), Namespace: namespace, Resolve: s.resolve, NoJitter: true,
	})
}

func TestTicksFollowTheScheduleUntilDeletion(t *testing.T) {
	t.Parallel()
	namespace := plane.Namespace(t)
	s := newSink(t, accepted)
	mustCreate(t, plane, namespace, pingSource("before"))
	a := startAdapter(t, plane, namespace, s)
	mustCreate(t, plane, namespace, pingSource("after"), with(pingSource("never"), "0 0 0 30 2 *", "spec", "schedule"))
	ticks := s.await(t, "before", 3)
	s.await(t, "after", 3)
	ids := make(map[string]bool)
	connections := make(map[string]bool)
	for _, tick := range ticks {
		ids[tick.header.Get("Ce-Id")] = true
		connections[tick.remote] = true
	}
	if len(ids) != 3 || len(connections) != 3 {
		t.Errorf("got %d ids on %d connections, want 3 and 3", len(ids), len(connections))
	}

	sources := plane.Dynamic().Resource(adapter.PingSources).Namespace(namespace)
	if err := sources.Delete(t.Context(), "before", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	awaitNoSchedule(t, a, namespace, "before")
	s.await(t, "after", len(s.of("after"))+2) // the ticks that were due have arrived
	count := len(s.of("before"))
	s.await(t, "after", len(s.of("after"))+2)
	if got := len(s.of("before")); got != count {
		t.Errorf("got %d ticks after the deletion, want none", got-count)
	}
	if got := len(s.of("never")); got != 0 {
		t.Errorf("got %d ticks on 30 February, want none", got)
	}
}

func TestTickEqualsTheCapture(t *testing.T) {
	t.Parallel()
	namespace := plane.Namespace(t)
	s := newSink(t, accepted)
	startAdapter(t, plane, namespace, s)
	mustCreate(t, plane, namespace, pingSource("kj-abc1234"))
	got := s.await(t, "kj-abc1234", 1)[0]

	file, err := os.Open("../testdata/knative/tick.http")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	want, err := http.ReadRequest(bufio.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	wantBody, err := io.ReadAll(want.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got.body != string(wantBody) || got.path != "/tick" {
		t.Errorf("got %q at %s, want %q at /tick", got.body, got.path, wantBody)
	}
	changing := map[string]string{
		"Ce-Id":        got.header.Get("Ce-Id"),
		"Ce-Time":      got.header.Get("Ce-Time"),
		"Ce-Source":    "/apis/v1/namespaces/" + namespace + "/pingsources/kj-abc1234",
		"Kn-Namespace": namespace,
	}
	for name, value := range changing {
		want.Header.Set(name, value)
	}
	for name := range want.Header {
		if got.header.Get(name) != want.Header.Get(name) {
			t.Errorf("%s: got %q, want %q", name, got.header.Get(name), want.Header.Get(name))
		}
	}
	for name := range got.header {
		if want.Header.Get(name) == "" {
			t.Errorf("%s: got %q, want none", name, got.header.Get(name))
		}
	}
	if len(got.header.Get("Ce-Id")) != len("f5fbb22b-8c6b-4aad-9349-79ee298ad1a7") {
		t.Errorf("Ce-Id: got %q, want a UUID", got.header.Get("Ce-Id"))
	}
	if _, err := time.Parse(time.RFC3339Nano, got.header.Get("Ce-Time")); err != nil {
		t.Errorf("Ce-Time: %v", err)
	}

	request := httptest.NewRequest(http.MethodPost, "/tick", strings.NewReader(got.body))
	request.Header = got.header
	decoded, err := tick.Decode(request, []byte(got.body))
	if err != nil || string(decoded.Job) != "kj-abc1234" {
		t.Errorf("tick.Decode returns the job %q and the error %v, want kj-abc1234", decoded.Job, err)
	}
}

func TestRetriesDependOnTheStatus(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		code     int
		attempts int
	}{
		{"ok", http.StatusOK, 1},
		{"bad-request", http.StatusBadRequest, 1},
		{"conflict", http.StatusConflict, 1},
		{"internal", http.StatusInternalServerError, 1},
		{"not-found", http.StatusNotFound, 6},
		{"too-many", http.StatusTooManyRequests, 6},
		{"unavailable", http.StatusServiceUnavailable, 6},
	}
	namespace := plane.Namespace(t)
	codes := make(map[string]int)
	for _, test := range tests {
		codes[test.name] = test.code
	}
	s := newSink(t, func(name string, _ int) int { return codes[name] })
	startAdapter(t, plane, namespace, s)
	for _, test := range tests {
		mustCreate(t, plane, namespace, pingSource(test.name))
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			// The attempts of different ticks overlap: the id tells which are of the first.
			first := s.await(t, test.name, 1)[0].header.Get("Ce-Id")
			ofFirst := func() []received {
				return slices.DeleteFunc(s.of(test.name), func(r received) bool { return r.header.Get("Ce-Id") != first })
			}
			controlplane.Await(t, "the attempts of a tick", func(context.Context) error {
				if got := len(ofFirst()); got < test.attempts {
					return fmt.Errorf("got %d", got)
				}
				return nil
			})
			s.await(t, test.name, len(s.of(test.name))+test.attempts+1) // a later tick has arrived
			got := ofFirst()
			if len(got) != test.attempts {
				t.Errorf("attempts: got %d, want %d", len(got), test.attempts)
			}
			for _, attempt := range got {
				if attempt.header.Get("Ce-Time") != got[0].header.Get("Ce-Time") {
					t.Error("the attempts of a tick have different times")
				}
			}
		})
	}
}

func TestSinksAreResolved(t *testing.T) {
	t.Parallel()
	namespace := plane.Namespace(t)
	s := newSink(t, accepted)
	startAdapter(t, plane, namespace, s)
	mustCreate(t, plane, namespace,
		pingSource("ref"),
		with(pingSource("uri"), map[string]any{"uri": s.url + "/elsewhere"}, "spec", "sink"),
		with(pingSource("unknown"), "other", "spec", "sink", "ref", "name"))
	if got := s.await(t, "ref", 1)[0].path; got != "/tick" {
		t.Errorf("ref: got %s, want /tick", got)
	}
	if got := s.await(t, "uri", 1)[0].path; got != "/elsewhere" {
		t.Errorf("uri: got %s, want /elsewhere", got)
	}
	for name, want := range map[string]string{"ref": "True", "uri": "True", "unknown": "False"} {
		controlplane.Await(t, name+" is Ready "+want, func(ctx context.Context) error {
			source, err := plane.Dynamic().Resource(adapter.PingSources).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			conditions, _, err := unstructured.NestedSlice(source.Object, "status", "conditions")
			if err != nil || len(conditions) != 1 || conditions[0].(map[string]any)["status"] != want {
				return fmt.Errorf("got %v and %w", conditions, err)
			}
			return nil
		})
	}
	if got := len(s.of("unknown")); got != 0 {
		t.Errorf("got %d ticks for a sink that does not exist, want none", got)
	}

	sources := plane.Dynamic().Resource(adapter.PingSources).Namespace(namespace)
	source, err := sources.Get(t.Context(), "unknown", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sources.Update(t.Context(), with(source, "kubejobs", "spec", "sink", "ref", "name"), metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	s.await(t, "unknown", 1) // after the change it ticks
}

func TestTicksContinueWithoutAPIServer(t *testing.T) {
	t.Parallel()
	p := controlplane.Start(t, cluster.PingSource)
	namespace := p.Namespace(t)
	s := newSink(t, accepted)
	a := startAdapter(t, p, namespace, s)
	mustCreate(t, p, namespace, pingSource("one"))
	s.await(t, "one", 1)
	p.StopAPIServer(t)
	s.await(t, "one", len(s.of("one"))+2)
	p.StartAPIServer(t)
	if err := p.Dynamic().Resource(adapter.PingSources).Namespace(namespace).Delete(
		t.Context(), "one", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	awaitNoSchedule(t, a, namespace, "one")
}

// awaitNoSchedule waits until the adapter has no schedule for a PingSource.
func awaitNoSchedule(t *testing.T, a *adapter.Adapter, namespace, name string) {
	t.Helper()
	controlplane.Await(t, "no schedule of "+name, func(context.Context) error {
		if a.Ticking(namespace, name) {
			return errors.New("it is ticking")
		}
		return nil
	})
}
