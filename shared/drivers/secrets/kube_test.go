package secrets_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/secrets"
)

func failureText(err error) string {
	typed, _ := errors.AsType[*failure.Error](err)
	return typed.Public()
}

// stored are the Secrets of an API server: type and data, in base64.
var stored = map[string]struct {
	kind string
	data map[string]string
}{
	"redis":  {"Opaque", map[string]string{"password": "aHVudGVyMg==", "other": "eA=="}},
	"basic":  {"kubernetes.io/basic-auth", map[string]string{"username": "dQ==", "password": "aHVudGVyMg=="}},
	"token":  {"kubernetes.io/service-account-token", map[string]string{"token": "aHVudGVyMg==", "ca.crt": "eA=="}},
	"docker": {"kubernetes.io/dockerconfigjson", map[string]string{"password": "aHVudGVyMg=="}},
	"broken": {"Opaque", map[string]string{"password": "hunter2!"}},
}

// serve answers as an API server. (tests/cluster asks a real one.)
func serve(t *testing.T) dynamic.Interface {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := strings.CutPrefix(r.URL.Path, "/api/v1/namespaces/batch/secrets/")
		if !ok || r.Method != http.MethodGet || r.URL.RawQuery != "" {
			t.Errorf("request %s %s, want only a get of a Secret by its name", r.Method, r.URL)
		}
		w.Header().Set("Content-Type", "application/json")
		var body any
		status := http.StatusOK
		if s, ok := stored[name]; ok {
			body = map[string]any{"kind": "Secret", "apiVersion": "v1", "metadata": map[string]any{"name": name}, "type": s.kind, "data": s.data}
		} else {
			reason := "NotFound"
			if status = http.StatusNotFound; name == "forbidden" {
				status, reason = http.StatusForbidden, "Forbidden"
			}
			body = map[string]any{
				"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": status, "message": "no",
				"details": map[string]any{"name": name, "kind": "secrets"},
			}
		}
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(body); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	client, err := dynamic.NewForConfig(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// A Secret is read with one request, which names it. Kubernetes' own Secrets are not used.
func TestKube(t *testing.T) {
	t.Parallel()
	k := secrets.InNamespace(serve(t), "batch")
	for _, name := range []string{"redis", "basic"} {
		if got, err := k.Read(t.Context(), name); err != nil || string(got["password"]) != "hunter2" || got["other"] != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	const other = "the Secret %s is of a type that holds no credentials of a Redis or an InfluxDB"
	for name, want := range map[string]string{
		"none":      "the Secret none does not exist in the namespace batch",
		"forbidden": "cannot read the Secret forbidden: Kubernetes forbids the request (by a Role or a policy): needs the right to get secrets in the namespace batch",
		"token":     fmt.Sprintf(other, "token"),
		"docker":    fmt.Sprintf(other, "docker"),
		"broken":    "the Secret broken has a value in password that is not in base64",
	} {
		got, err := k.Read(t.Context(), name)
		if failure.KindOf(err) != failure.KindRefused || failureText(err) != want || got != nil || strings.Contains(failure.Detail(err), "hunter2") {
			t.Errorf("%s: %q, %v, want %s", name, got, err, want)
		}
	}
}
