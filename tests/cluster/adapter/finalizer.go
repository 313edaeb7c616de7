package adapter

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// finalizer is what Knative's controller puts on each PingSource.
const finalizer = "pingsources.sources.knative.dev"

// finalize puts the finalizer on a PingSource that has none, and removes it from one
// that is being deleted, Options.Finalize later. Until then the object exists, and
// another one of its name is refused.
func (a *Adapter) finalize(ctx context.Context, object *unstructured.Unstructured) {
	if a.options.Finalize <= 0 {
		return
	}
	has := slices.Contains(object.GetFinalizers(), finalizer)
	switch {
	case object.GetDeletionTimestamp() == nil && !has:
		a.setFinalizers(ctx, object, []string{finalizer})
	case object.GetDeletionTimestamp() != nil && has:
		a.finalizing.Go(func() {
			select {
			case <-ctx.Done(): // the adapter ends: leave nothing behind
			case <-time.After(a.options.Finalize):
			}
			a.setFinalizers(context.WithoutCancel(ctx), object, nil)
		})
	}
}

func (a *Adapter) setFinalizers(ctx context.Context, object *unstructured.Unstructured, finalizers []string) {
	text, err := json.Marshal(map[string]any{"metadata": map[string]any{"finalizers": finalizers, "uid": object.GetUID()}})
	if err != nil {
		return // strings
	}
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	// A conflict, or no such object, needs nothing more.
	_, _ = a.client.Resource(PingSources).Namespace(object.GetNamespace()).Patch(
		ctx, object.GetName(), types.MergePatchType, text, metav1.PatchOptions{FieldManager: "adapter"})
}
