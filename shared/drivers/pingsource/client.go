package pingsource

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"

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
	sink      Destination
	ownerOf   OwnerOf
}

var _ monitor.Scheduler = (*Scheduler)(nil)

// New returns a Scheduler that creates PingSources in namespace. ownerOf must be
// nil if Jobs are in another namespace: owner references cannot cross
// namespaces.
func New(client dynamic.Interface, namespace string, sink Destination, ownerOf OwnerOf) *Scheduler {
	return &Scheduler{
		client: client.Resource(Resource).Namespace(namespace), namespace: namespace, sink: sink, ownerOf: ownerOf,
	}
}

// Schedule creates a job's PingSource, and leaves an existing one as it is. One
// that is being deleted is not there: the error is of kind unavailable until it is
// gone. Schedule makes one request, after one by ownerOf if that is set, and a
// second one if the name is taken: an API server that finds the name taken looks
// again whether the object is being deleted, and if that is gone by then, it answers
// as if the object stayed.
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
	for range 2 {
		_, err = s.client.Create(ctx, &unstructured.Unstructured{Object: object}, metav1.CreateOptions{
			FieldValidation: metav1.FieldValidationStrict,
		})
		if !isThere(source.Name, err) {
			return translate("create PingSource "+source.Name, err)
		}
	}
	return nil
}

// beingDeleted begins the message of an API server that refuses a name because
// the object that has it is being deleted. The reason is that of any name that is
// taken.
const beingDeleted = "object is being deleted: "

// isThere reports whether err, of a create, says that a PingSource with this name
// exists and will stay. The name has the job's id and its life, so it is that of
// this life. Of the other answers 409 some are a quota that changed meanwhile, a
// webhook's about another object, or a proxy's.
func isThere(name string, err error) bool {
	var answer apierrors.APIStatus
	if !errors.As(err, &answer) || !apierrors.IsAlreadyExists(err) || kubeclient.IsForeign(err) {
		return false
	}
	status := answer.Status()
	return !strings.HasPrefix(status.Message, beingDeleted) && (status.Details == nil || status.Details.Name == name)
}

// translate is kubeclient.Translate, but a conflict is unavailable: what conflicts
// is being changed or deleted, and the same request may succeed afterwards.
func translate(operation string, err error) error {
	err = kubeclient.Translate(operation, err)
	if failure.KindOf(err) == failure.KindConflict {
		return failure.Unavailable("the object in Kubernetes is being changed or deleted", err)
	}
	return err
}

// Unschedule deletes the PingSource of one life of a job, if it exists: one
// request. The object may end later, when a finalizer is removed.
func (s *Scheduler) Unschedule(ctx context.Context, id job.ID, life int64) error {
	name := Name(id, life)
	err := translate("delete PingSource "+name, s.client.Delete(ctx, name, metav1.DeleteOptions{}))
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
		return nil, "", translate("list PingSources", err)
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
