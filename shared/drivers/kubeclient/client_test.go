package kubeclient_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/kubeclient"
)

func TestTranslate(t *testing.T) {
	t.Parallel()
	resource := schema.GroupResource{Group: "sources.knative.dev", Resource: "pingsources"}
	tests := map[string]struct {
		err  error
		want failure.Kind
	}{
		"not found":         {apierrors.NewNotFound(resource, "a"), failure.KindNotFound},
		"no such namespace": {apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "ticks"), failure.KindRefused},
		"no such resource":  {apierrors.NewGenericServerResponse(404, "GET", resource, "a", "404 page not found", 0, true), failure.KindRefused},
		"already exists":    {apierrors.NewAlreadyExists(resource, "a"), failure.KindConflict},
		"conflict":          {apierrors.NewConflict(resource, "a", errors.New("changed")), failure.KindConflict},
		"forbidden":         {apierrors.NewForbidden(resource, "a", errors.New("no Role")), failure.KindRefused},
		"over a quota":      {apierrors.NewForbidden(resource, "a", errors.New("exceeded quota")), failure.KindRefused},
		"unauthorized":      {apierrors.NewUnauthorized("who"), failure.KindRefused},
		"invalid":           {apierrors.NewInvalid(schema.GroupKind{Kind: "PingSource"}, "a", nil), failure.KindRefused},
		"no such method":    {apierrors.NewMethodNotSupported(resource, "patch"), failure.KindRefused},
		"too large":         {apierrors.NewRequestEntityTooLargeError("3 MiB"), failure.KindRefused},
		"another media":     {apierrors.NewGenericServerResponse(415, "POST", resource, "a", "", 0, true), failure.KindRefused},
		"a proxy's refusal": {apierrors.NewGenericServerResponse(407, "GET", resource, "a", "", 0, true), failure.KindRefused},
		"a list that moved": {apierrors.NewResourceExpired("continue"), failure.KindUnavailable},
		"bad gateway":       {apierrors.NewGenericServerResponse(502, "GET", resource, "a", "", 0, true), failure.KindUnavailable},
		"bad request":       {apierrors.NewBadRequest("what"), failure.KindRefused},
		"server timeout":    {apierrors.NewServerTimeout(resource, "create", 1), failure.KindUnavailable},
		"timeout":           {apierrors.NewTimeoutError("slow", 1), failure.KindUnavailable},
		"too many requests": {apierrors.NewTooManyRequests("later", 1), failure.KindUnavailable},
		"internal error":    {apierrors.NewInternalError(errors.New("etcd")), failure.KindUnavailable},
		"unavailable":       {apierrors.NewServiceUnavailable("starting"), failure.KindUnavailable},
		"deadline":          {context.DeadlineExceeded, failure.KindUnavailable},
		"no connection":     {errors.New("connection refused"), failure.KindUnavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := kubeclient.Translate("create PingSource a", tt.err)
			if failure.KindOf(got) != tt.want || !errors.Is(got, tt.err) {
				t.Errorf("Translate(%v) = %v of kind %q, want an error of kind %q that wraps it", tt.err, got, failure.KindOf(got), tt.want)
			}
		})
	}
	secret := apierrors.NewForbidden(resource, "a", errors.New("token hunter2"))
	refused, ok := errors.AsType[*failure.Error](kubeclient.Translate("create PingSource a", secret))
	if !ok || refused.Public() != "Kubernetes forbids the request (by a Role or a quota)" {
		t.Errorf("Translate = %v, want a public text without what Kubernetes wrote", refused)
	}
	over := apierrors.NewForbidden(resource, "a", errors.New("exceeded quota: q, requested: "+strings.Repeat("é", 300)))
	refused, ok = errors.AsType[*failure.Error](kubeclient.Translate("create PingSource a", over))
	if text := refused.Public(); !ok || !strings.Contains(text, "exceeded quota: q, requested: é") || len(text) > 200 || !utf8.ValidString(text) {
		t.Errorf("Translate = %q, want the quota, cut to 200 bytes", text)
	}
	strange := apierrors.NewForbidden(resource, "a", errors.New("exceeded quota: \x1b[31mq\u202e"))
	refused, ok = errors.AsType[*failure.Error](kubeclient.Translate("create PingSource a", strange))
	if want := "Kubernetes forbids the request: exceeded quota:  [31mq "; !ok || refused.Public() != want {
		t.Errorf("Translate = %q, want %q", refused.Public(), want)
	}
	if err := kubeclient.Translate("nothing", nil); err != nil {
		t.Errorf("Translate(nil) = %v, want nil", err)
	}
}

const kubeconfig = `
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {token: secret}}]
contexts: [{name: x, context: {cluster: c, user: u, namespace: ticks}}]
current-context: x
`

func TestNamespace(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte(kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := kubeclient.Namespace(path); got != "ticks" {
		t.Errorf("Namespace of a kubeconfig = %q, want ticks", got)
	}
	if got := kubeclient.Namespace(filepath.Join(t.TempDir(), "none")); got != "default" {
		t.Errorf("Namespace of a missing kubeconfig = %q, want default", got)
	}
	if client, err := kubeclient.New(path, nil); err != nil || client == nil {
		t.Errorf("New: %v, %v", client, err)
	}
	if client, err := kubeclient.New(filepath.Join(t.TempDir(), "none"), nil); err == nil {
		t.Errorf("New with a missing kubeconfig = %v, want an error", client)
	}
}

// The wrapper of the transport sees each request.
func TestNewWrapsTheTransport(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	path := filepath.Join(t.TempDir(), "config")
	text := strings.ReplaceAll(kubeconfig, "https://127.0.0.1:1", server.URL)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var seen []string
	client, err := kubeclient.New(path, func(base http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			seen = append(seen, r.URL.Path)
			return base.RoundTrip(r)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	jobs := schema.GroupVersionResource{Group: "batch", Version: "v1", Resource: "jobs"}
	_, err = client.Resource(jobs).Namespace("default").Get(t.Context(), "a", metav1.GetOptions{})
	if !apierrors.IsNotFound(err) || len(seen) != 1 || seen[0] != "/apis/batch/v1/namespaces/default/jobs/a" {
		t.Errorf("seen %v (%v), want one request and the answer not found", seen, err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
