package pingsource

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/kubeclient"
	"kubejobs/shared/monitor"
)

// OwnerOf returns the Kubernetes Job of a monitored job, nil if there is none.
type OwnerOf func(ctx context.Context, id job.ID) (*Owner, error)

// Scheduler is a monitor.Scheduler that keeps PingSources in one namespace.
type Scheduler struct {
	client    dynamic.ResourceInterface
	namespace string
	sink      duckv1.Destination
	ownerOf   OwnerOf
}

var _ monitor.Scheduler = (*Scheduler)(nil)

// New returns a Scheduler that creates PingSources in namespace. ownerOf must be
// nil if Jobs are in another namespace: owner references cannot cross
// namespaces.
func New(client dynamic.Interface, namespace string, sink duckv1.Destination, ownerOf OwnerOf) *Scheduler {
	return &Scheduler{
		client: client.Resource(Resource).Namespace(namespace), namespace: namespace, sink: sink, ownerOf: ownerOf,
	}
}

// Schedule creates a job's PingSource, and leaves an existing one as it is. It
// makes one request, after one by ownerOf if that is set.
func (s *Scheduler) Schedule(ctx context.Context, spec job.Spec) error {
	var owner *Owner
	if s.ownerOf != nil {
		var err error
		if owner, err = s.ownerOf(ctx, spec.ID); err != nil {
			return err
		}
	}
	source, err := Build(spec, s.namespace, s.sink, owner)
	if err != nil {
		return err
	}
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(source)
	if err != nil {
		return fmt.Errorf("encode PingSource: %w", err)
	}
	_, err = s.client.Create(ctx, &unstructured.Unstructured{Object: object}, metav1.CreateOptions{
		FieldValidation: metav1.FieldValidationStrict,
	})
	err = kubeclient.Translate("create PingSource "+source.Name, err)
	if failure.KindOf(err) == failure.KindConflict {
		return nil
	}
	return err
}

// Unschedule deletes the PingSource of one life of a job, if it exists: one
// request. The object may end later, when a finalizer is removed.
func (s *Scheduler) Unschedule(ctx context.Context, id job.ID, life int64) error {
	name := Name(id, life)
	err := kubeclient.Translate("delete PingSource "+name, s.client.Delete(ctx, name, metav1.DeleteOptions{}))
	if failure.KindOf(err) == failure.KindNotFound {
		return nil
	}
	return err
}

// List implements monitor.Scheduler with one request.
func (s *Scheduler) List(ctx context.Context, after string, limit int) ([]monitor.Scheduled, string, error) {
	list, err := s.client.List(ctx, metav1.ListOptions{
		LabelSelector: Selector, Limit: int64(limit), Continue: after,
	})
	if err != nil {
		return nil, "", kubeclient.Translate("list PingSources", err)
	}
	page := make([]monitor.Scheduled, 0, len(list.Items))
	for i := range list.Items {
		object := &list.Items[i]
		id, life, ours := parseName(object.GetName())
		if !ours || object.GetDeletionTimestamp() != nil {
			continue // somebody else's with our labels, or one that is ending
		}
		cron, _, err := unstructured.NestedString(object.Object, "spec", "schedule")
		if err != nil {
			cron = "" // not a string: not made by kubejobs
		}
		page = append(page, monitor.Scheduled{ID: id, Life: life, Cron: cron})
	}
	return page, list.GetContinue(), nil
}
