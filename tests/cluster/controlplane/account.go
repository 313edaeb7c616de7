package controlplane

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

var (
	namespaces      = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	serviceAccounts = schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}
	accessReviews   = schema.GroupVersionResource{
		Group: "authorization.k8s.io", Version: "v1", Resource: "subjectaccessreviews",
	}
)

// Namespace creates a namespace, and deletes it after the test.
func (c *ControlPlane) Namespace(tb testing.TB) string {
	tb.Helper()
	namespace, err := c.dynamic.Resource(namespaces).Create(tb.Context(), &unstructured.Unstructured{
		Object: map[string]any{
			"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"generateName": "test-"},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		tb.Fatalf("create a namespace: %v", err)
	}
	name := namespace.GetName()
	tb.Cleanup(func() {
		// An error does not matter: the control plane may be down, and ends anyway.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), awaitTimeout)
		defer cancel()
		_ = c.dynamic.Resource(namespaces).Delete(ctx, name, metav1.DeleteOptions{})
	})
	return name
}

// ServiceAccountUser returns the name of the user that a service account is.
func ServiceAccountUser(namespace, name string) string {
	return "system:serviceaccount:" + namespace + ":" + name
}

// ServiceAccountConfig returns the configuration of a service account with a token from
// the API server. It creates the account if that does not exist. RBAC decides what it
// may do.
func (c *ControlPlane) ServiceAccountConfig(tb testing.TB, namespace, name string) *rest.Config {
	tb.Helper()
	config := c.anonymous()
	config.BearerToken = c.Token(tb, namespace, name, "")
	return config
}

// Token returns a token of a service account for an audience, "" for that of the API
// server. It creates the account if that does not exist.
func (c *ControlPlane) Token(tb testing.TB, namespace, name, audience string) string {
	tb.Helper()
	accounts := c.dynamic.Resource(serviceAccounts).Namespace(namespace)
	_, err := accounts.Create(tb.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ServiceAccount", "metadata": map[string]any{"name": name},
	}}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		tb.Fatalf("create service account %s: %v", name, err)
	}
	object := map[string]any{
		"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
		"metadata": map[string]any{"name": name},
	}
	if audience != "" {
		object["spec"] = map[string]any{"audiences": []any{audience}}
	}
	request, err := accounts.Create(tb.Context(), &unstructured.Unstructured{Object: object}, metav1.CreateOptions{}, "token")
	if err != nil {
		tb.Fatalf("request a token of service account %s: %v", name, err)
	}
	token, _, err := unstructured.NestedString(request.Object, "status", "token")
	if err != nil || token == "" {
		tb.Fatalf("no token of service account %s: %v", name, err)
	}
	return token
}

// Kubeconfig writes config and a namespace into a kubeconfig file and returns its path.
func (c *ControlPlane) Kubeconfig(tb testing.TB, config *rest.Config, namespace string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "kubeconfig")
	if err := writeKubeconfig(path, config, namespace); err != nil {
		tb.Fatal(err)
	}
	return path
}

// AwaitAccess waits until RBAC allows a user a verb on a resource ("jobs.batch",
// "pods"). A new binding takes effect after a moment.
func (c *ControlPlane) AwaitAccess(tb testing.TB, user, namespace, verb, resource string) {
	tb.Helper()
	Await(tb, fmt.Sprintf("%s may %s %s in %s", user, verb, resource, namespace), func(ctx context.Context) error {
		allowed, err := c.allowed(ctx, user, namespace, verb, schema.ParseGroupResource(resource))
		if err == nil && !allowed {
			err = errors.New("not allowed")
		}
		return err
	})
}

func (c *ControlPlane) allowed(
	ctx context.Context, user, namespace, verb string, resource schema.GroupResource,
) (bool, error) {
	of, subresource, _ := strings.Cut(resource.Resource, "/")
	review, err := c.dynamic.Resource(accessReviews).Create(ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
		"spec": map[string]any{
			"user": user,
			"resourceAttributes": map[string]any{
				"namespace": namespace, "verb": verb, "group": resource.Group, "resource": of, "subresource": subresource,
			},
		},
	}}, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	allowed, _, err := unstructured.NestedBool(review.Object, "status", "allowed")
	return allowed, err
}
