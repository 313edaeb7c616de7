package controlplane

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
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

// Namespace makes a namespace for the test, and asks for its end after it.
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
		// It goes with the control plane in any case, which may be down.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), awaitTimeout)
		defer cancel()
		_ = c.dynamic.Resource(namespaces).Delete(ctx, name, metav1.DeleteOptions{})
	})
	return name
}

// ServiceAccountUser is the name that the API server knows a service account by.
func ServiceAccountUser(namespace, name string) string {
	return "system:serviceaccount:" + namespace + ":" + name
}

// ServiceAccountConfig is of a service account, which is made if there is none,
// with a token that the API server issued: it may do what RBAC grants to it.
func (c *ControlPlane) ServiceAccountConfig(tb testing.TB, namespace, name string) *rest.Config {
	tb.Helper()
	accounts := c.dynamic.Resource(serviceAccounts).Namespace(namespace)
	_, err := accounts.Create(tb.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ServiceAccount", "metadata": map[string]any{"name": name},
	}}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		tb.Fatalf("create service account %s: %v", name, err)
	}
	request, err := accounts.Create(tb.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
		"metadata": map[string]any{"name": name},
	}}, metav1.CreateOptions{}, "token")
	if err != nil {
		tb.Fatalf("request a token of service account %s: %v", name, err)
	}
	token, _, err := unstructured.NestedString(request.Object, "status", "token")
	if err != nil || token == "" {
		tb.Fatalf("no token of service account %s: %v", name, err)
	}
	config := c.anonymous()
	config.BearerToken = token
	return config
}

// Kubeconfig is the path of a file with the user of config and a namespace, as
// a program reads it.
func (c *ControlPlane) Kubeconfig(tb testing.TB, config *rest.Config, namespace string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "kubeconfig")
	if err := writeKubeconfig(path, config, namespace); err != nil {
		tb.Fatal(err)
	}
	return path
}

// AwaitAccess waits until RBAC, which learns of a binding a moment after it was
// made, lets a user do verb to a resource ("jobs.batch", "pods").
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
	review, err := c.dynamic.Resource(accessReviews).Create(ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
		"spec": map[string]any{
			"user": user,
			"resourceAttributes": map[string]any{
				"namespace": namespace, "verb": verb, "group": resource.Group, "resource": resource.Resource,
			},
		},
	}}, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	allowed, _, err := unstructured.NestedBool(review.Object, "status", "allowed")
	return allowed, err
}
