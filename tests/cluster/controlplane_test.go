package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	"kubejobs/tests/cluster"
	"kubejobs/tests/cluster/adapter"
	"kubejobs/tests/cluster/controlplane"
)

func TestVersionIsPinned(t *testing.T) {
	t.Parallel()
	if got, want := plane.Version(t), controlplane.PinnedVersion(t); got != want {
		t.Errorf("version: got %s, want %s", got, want)
	}
}

func TestServiceAccountHasOnlyTheRightsOfItsRole(t *testing.T) {
	t.Parallel()
	namespace := plane.Namespace(t)
	client := clientOf(t, plane.ServiceAccountConfig(t, namespace, "monitor"))
	if err := create(t, client, namespace, pingSource("one")); !apierrors.IsForbidden(err) {
		t.Fatalf("create without a role: got %v, want forbidden", err)
	}
	client = monitor(t, plane, namespace)
	if err := create(t, client, namespace, pingSource("one")); err != nil {
		t.Fatalf("create with the role: %v", err)
	}
	_, err := client.Resource(adapter.PingSources).Namespace(namespace).List(t.Context(), metav1.ListOptions{})
	if !apierrors.IsForbidden(err) {
		t.Errorf("list, which the role lacks: got %v, want forbidden", err)
	}
	other := plane.Namespace(t)
	if err := create(t, client, other, pingSource("one")); !apierrors.IsForbidden(err) {
		t.Errorf("create in another namespace: got %v, want forbidden", err)
	}
}

func TestWrongTokenIsRefused(t *testing.T) {
	t.Parallel()
	config := plane.ServiceAccountConfig(t, plane.Namespace(t), "monitor")
	config.BearerToken += "x"
	_, err := clientOf(t, config).Resource(jobs).List(t.Context(), metav1.ListOptions{})
	if !apierrors.IsUnauthorized(err) {
		t.Errorf("got %v, want unauthorized", err)
	}
}

func TestKubeconfigBelongsToTheServiceAccount(t *testing.T) {
	t.Parallel()
	namespace := plane.Namespace(t)
	path := plane.Kubeconfig(t, plane.ServiceAccountConfig(t, namespace, "monitor"), namespace)
	loaded := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
		&clientcmd.ClientConfigLoadingRules{ExplicitPath: path}, nil)
	if got, _, err := loaded.Namespace(); err != nil || got != namespace {
		t.Errorf("namespace: got %q and %v, want %q", got, err, namespace)
	}
	config, err := loaded.ClientConfig()
	if err != nil {
		t.Fatal(err)
	}
	reviews := schema.GroupVersionResource{Group: "authentication.k8s.io", Version: "v1", Resource: "selfsubjectreviews"}
	review, err := clientOf(t, config).Resource(reviews).Create(t.Context(), &unstructured.Unstructured{
		Object: map[string]any{"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, _, _ := unstructured.NestedString(review.Object, "status", "userInfo", "username")
	if want := controlplane.ServiceAccountUser(namespace, "monitor"); got != want {
		t.Errorf("user: got %q, want %q", got, want)
	}
}

func TestGarbageCollectorDeletesOwnedObjects(t *testing.T) {
	t.Parallel()
	checkGarbageCollection(t, plane)
}

// checkGarbageCollection deletes a Job and expects that the PingSource that it owns is
// deleted, too.
func checkGarbageCollection(t *testing.T, p *controlplane.ControlPlane) {
	t.Helper()
	sources := jobWithSources(t, p)
	deleteJob(t, p, sources, metav1.DeletePropagationBackground)
	controlplane.Await(t, "the PingSource is deleted with its Job", func(ctx context.Context) error {
		if _, err := sources.client.Get(ctx, "owned", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			return errors.Join(errors.New("it exists"), err)
		}
		return nil
	})
	if _, err := sources.client.Get(t.Context(), "free", metav1.GetOptions{}); err != nil {
		t.Errorf("the PingSource without an owner: %v", err)
	}
}

// If a Job is deleted without a propagation policy, the objects that it owns stay.
// kubectl sets a policy.
func TestGarbageCollectorKeepsOwnedObjectsByDefault(t *testing.T) {
	t.Parallel()
	sources := jobWithSources(t, plane)
	deleteJob(t, plane, sources, "")
	controlplane.Await(t, "the PingSource loses its owner", func(ctx context.Context) error {
		source, err := sources.client.Get(ctx, "owned", metav1.GetOptions{})
		if err != nil {
			return err
		}
		if owners := source.GetOwnerReferences(); len(owners) > 0 {
			return fmt.Errorf("got %v", owners)
		}
		return nil
	})
}

// sources are the PingSources in the namespace of a Job.
type sources struct {
	namespace string
	client    dynamic.ResourceInterface
}

// jobWithSources creates a Job and, as a user without rights on Jobs, the PingSource
// "owned", which the Job owns, and the PingSource "free", which has no owner.
func jobWithSources(t *testing.T, p *controlplane.ControlPlane) sources {
	t.Helper()
	namespace := p.Namespace(t)
	p.ApplyIn(t, namespace, []byte(job))
	owner, err := p.Dynamic().Resource(jobs).Namespace(namespace).Get(t.Context(), "work", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	client := monitor(t, p, namespace)
	source := pingSource("owned")
	source.SetOwnerReferences([]metav1.OwnerReference{{
		APIVersion: "batch/v1", Kind: "Job", Name: owner.GetName(), UID: owner.GetUID(),
	}})
	for _, source := range []*unstructured.Unstructured{source, pingSource("free")} {
		if err := create(t, client, namespace, source); err != nil {
			t.Fatal(err)
		}
	}
	return sources{namespace: namespace, client: p.Dynamic().Resource(adapter.PingSources).Namespace(namespace)}
}

func deleteJob(t *testing.T, p *controlplane.ControlPlane, in sources, propagation metav1.DeletionPropagation) {
	t.Helper()
	options := metav1.DeleteOptions{}
	if propagation != "" {
		options.PropagationPolicy = &propagation
	}
	if err := p.Dynamic().Resource(jobs).Namespace(in.namespace).Delete(t.Context(), "work", options); err != nil {
		t.Fatal(err)
	}
}

func TestServiceAccountControllerCreatesTheDefault(t *testing.T) {
	t.Parallel()
	namespace := plane.Namespace(t)
	accounts := schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}
	controlplane.Await(t, "the default service account", func(ctx context.Context) error {
		_, err := plane.Dynamic().Resource(accounts).Namespace(namespace).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

func TestRequestsOfAUserAreCounted(t *testing.T) {
	t.Parallel()
	namespace := plane.Namespace(t)
	client := monitor(t, plane, namespace)
	user := controlplane.ServiceAccountUser(namespace, "monitor")
	if got := plane.Requests(t, user); len(got) != 0 {
		t.Fatalf("before any request: got %+v", got)
	}
	sources := client.Resource(adapter.PingSources).Namespace(namespace)
	if err := create(t, client, namespace, pingSource("one")); err != nil {
		t.Fatal(err)
	}
	if _, err := sources.Get(t.Context(), "one", metav1.GetOptions{}); !apierrors.IsForbidden(err) {
		t.Fatalf("get: got %v, want forbidden", err)
	}
	if err := sources.Delete(t.Context(), "one", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := sources.Delete(t.Context(), "one", metav1.DeleteOptions{}); !apierrors.IsNotFound(err) {
		t.Fatalf("delete again: got %v, want not found", err)
	}
	want := []controlplane.AuditEntry{
		{Verb: "create", Resource: "pingsources", Namespace: namespace, Name: "one", Code: 201},
		{Verb: "get", Resource: "pingsources", Namespace: namespace, Name: "one", Code: 403},
		{Verb: "delete", Resource: "pingsources", Namespace: namespace, Name: "one", Code: 200},
		{Verb: "delete", Resource: "pingsources", Namespace: namespace, Name: "one", Code: 404},
	}
	if got := plane.Requests(t, user); !slices.Equal(got, want) {
		t.Errorf("requests:\n got %+v\nwant %+v", got, want)
	}
}

func TestApplyRefusesAnUnknownField(t *testing.T) {
	t.Parallel()
	err := create(t, plane.Dynamic(), plane.Namespace(t), with(pingSource("one"), "second", "spec", "interval"))
	if !apierrors.IsBadRequest(err) || !strings.Contains(err.Error(), `unknown field "spec.interval"`) {
		t.Errorf("got %v, want a bad request for spec.interval", err)
	}
}

func TestAPIServerKeepsItsObjects(t *testing.T) {
	t.Parallel()
	p := controlplane.Start(t, cluster.PingSource)
	namespace := p.Namespace(t)
	config := p.ServiceAccountConfig(t, namespace, "monitor")
	if err := create(t, p.Dynamic(), namespace, pingSource("one")); err != nil {
		t.Fatal(err)
	}
	sources := p.Dynamic().Resource(adapter.PingSources).Namespace(namespace)

	p.StopAPIServer(t)
	var status apierrors.APIStatus
	if _, err := sources.Get(t.Context(), "one", metav1.GetOptions{}); err == nil || errors.As(err, &status) {
		t.Errorf("get from a stopped API server: got %v, want no answer", err)
	}

	p.StartAPIServer(t)
	if _, err := sources.Get(t.Context(), "one", metav1.GetOptions{}); err != nil {
		t.Errorf("get after the restart: %v", err)
	}
	_, err := clientOf(t, config).Resource(configMaps).Namespace(namespace).List(t.Context(), metav1.ListOptions{})
	if !apierrors.IsForbidden(err) {
		t.Errorf("list with a token from before the restart: got %v, want forbidden", err)
	}
	if got := p.Requests(t, controlplane.ServiceAccountUser(namespace, "monitor")); len(got) != 1 {
		t.Errorf("requests: got %+v, want only the list", got)
	}
	checkGarbageCollection(t, p)
}
