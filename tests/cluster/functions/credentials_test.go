package functions_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/testkit/redistest"
)

const hidden = "hunter2-of-the-cluster"

// secret creates a Secret in the jobs' namespace.
func (w *world) secret(name, kind string, data map[string]any) {
	w.t.Helper()
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": name}, "type": kind, "stringData": data,
	}}
	secrets := w.plane.Dynamic().Resource(schema.GroupVersionResource{Version: "v1", Resource: "secrets"}).Namespace(w.batch)
	if _, err := secrets.Create(w.t.Context(), object, metav1.CreateOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

// startSecret starts a job whose Redis is a server, and that names a Secret.
func (w *world) startSecret(id string, server *redistest.Server, secret, members string) (int, string) {
	w.t.Helper()
	return w.call(config.TargetMonitor, http.MethodPost, "/monitoring/"+id, fmt.Sprintf(
		`{"plugin":"kubejobs","collect_period":2,"plugin_info":{"expected_time":600,"redis_ip":"127.0.0.1","redis_port":%d,"redis_secret":%q%s}}`,
		server.Port(), secret, members))
}

// With the Role of the component, the functions read the Secret that a job names, with
// one get by its name. Without it the answer names the right.
func TestSecretThroughTheRole(t *testing.T) {
	t.Parallel()
	server := redistest.StartSecured(t, redistest.Security{Password: hidden})
	if err := server.Client().RPush(t.Context(), "job", "a", "b", "c").Err(); err != nil {
		t.Fatal(err)
	}
	w := open(t, plane, unchanged, map[string]string{"credentials": "yes"})
	w.secret("redis-a", "Opaque", map[string]any{"password": hidden})
	w.secret("other", "example.org/own", map[string]any{"password": hidden})
	if status, text := w.startSecret("a", server, "redis-a", ""); status != http.StatusAccepted || !strings.Contains(text, `"number_of_jobs":3`) {
		t.Fatalf("start: %d %s, want 202 with three items", status, text)
	}
	w.job("a", map[string]any{"active": int64(1)})
	w.expectTick("a", monitor.OutcomeSampled)
	if got := w.status("a"); got.Samples != 1 || got.Secret != "redis-a" || got.Unobserved != nil {
		t.Errorf("status %+v, want a sample", got)
	}
	for secret, want := range map[string]string{
		"none": "the Secret none does not exist in the namespace " + w.batch, "other": "the Secret other is of a type",
	} {
		if status, text := w.startSecret("b", server, secret, ""); status < 400 || !strings.Contains(text, want) || strings.Contains(text, hidden) {
			t.Errorf("start with %s: %d %s, want %s", secret, status, text, want)
		}
	}
	for _, unit := range []string{config.TargetMonitor, config.TargetTick} {
		gets := 0
		for _, request := range w.requests(unit) {
			if strings.HasSuffix(request, " secrets") {
				gets++
				if request != "get secrets" {
					t.Errorf("%s sends %s", unit, request)
				}
			}
		}
		if gets == 0 {
			t.Errorf("%s read no Secret", unit)
		}
	}
}

// The default manifests grant no right on Secrets.
func TestSecretWithoutTheRole(t *testing.T) {
	t.Parallel()
	server := redistest.StartSecured(t, redistest.Security{Password: hidden})
	w := open(t, plane, unchanged, nil)
	w.secret("redis-a", "Opaque", map[string]any{"password": hidden})
	want := "needs the right to get secrets in the namespace " + w.batch
	if status, text := w.startSecret("a", server, "redis-a", ""); status < 400 || !strings.Contains(text, want) {
		t.Errorf("start: %d %s, want %s", status, text, want)
	}
	if status, text := w.startSecret("a", server, "redis-a", `,"number_of_jobs":3`); status != http.StatusAccepted {
		t.Fatalf("start with a number of items: %d %s, want 202", status, text)
	}
	w.job("a", map[string]any{"active": int64(1)})
	w.tick("a")
	if got := w.status("a"); got.Unobserved == nil || got.Unobserved.Queue == nil || !strings.Contains(got.Unobserved.Queue.Error, want) {
		t.Errorf("status %+v, want an unobserved queue: %s", got, want)
	}
}
