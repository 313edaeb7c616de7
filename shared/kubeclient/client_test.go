package kubeclient_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"kubejobs/shared/kubeclient"
	"kubejobs/shared/monitor"
)

func TestTranslate(t *testing.T) {
	t.Parallel()
	resource := schema.GroupResource{Group: "sources.knative.dev", Resource: "pingsources"}
	tests := map[string]struct {
		err  error
		want monitor.Kind
	}{
		"not found":         {apierrors.NewNotFound(resource, "a"), monitor.KindNotFound},
		"already there":     {apierrors.NewAlreadyExists(resource, "a"), monitor.KindConflict},
		"conflict":          {apierrors.NewConflict(resource, "a", errors.New("changed")), monitor.KindConflict},
		"forbidden":         {apierrors.NewForbidden(resource, "a", errors.New("no Role")), monitor.KindInternal},
		"over a quota":      {apierrors.NewForbidden(resource, "a", errors.New("exceeded quota")), monitor.KindInternal},
		"unauthorized":      {apierrors.NewUnauthorized("who"), monitor.KindInternal},
		"invalid":           {apierrors.NewInvalid(schema.GroupKind{Kind: "PingSource"}, "a", nil), monitor.KindInternal},
		"bad request":       {apierrors.NewBadRequest("what"), monitor.KindInternal},
		"server timeout":    {apierrors.NewServerTimeout(resource, "create", 1), monitor.KindUnavailable},
		"timeout":           {apierrors.NewTimeoutError("slow", 1), monitor.KindUnavailable},
		"too many requests": {apierrors.NewTooManyRequests("later", 1), monitor.KindUnavailable},
		"internal error":    {apierrors.NewInternalError(errors.New("etcd")), monitor.KindUnavailable},
		"unavailable":       {apierrors.NewServiceUnavailable("starting"), monitor.KindUnavailable},
		"deadline":          {context.DeadlineExceeded, monitor.KindUnavailable},
		"no connection":     {errors.New("connection refused"), monitor.KindUnavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := kubeclient.Translate("create PingSource a", tt.err)
			if monitor.KindOf(got) != tt.want || !errors.Is(got, tt.err) {
				t.Errorf("Translate(%v) = %v of kind %q, want kind %q around it", tt.err, got, monitor.KindOf(got), tt.want)
			}
		})
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
		t.Errorf("Namespace of no kubeconfig = %q, want default", got)
	}
	if client, err := kubeclient.New(path, nil); err != nil || client == nil {
		t.Errorf("New: %v, %v", client, err)
	}
	if client, err := kubeclient.New(filepath.Join(t.TempDir(), "none"), nil); err == nil {
		t.Errorf("New without a kubeconfig = %v, want an error", client)
	}
}
