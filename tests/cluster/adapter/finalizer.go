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

// finalizer is the finalizer that Knative's controller adds to each PingSource.
const finalizer = "pingsources.sources.knative.dev"

// finalize adds the finalizer to a PingSource, or removes it Options.Finalize after the
// deletion. Until then the object exists, and the API server refuses another one of
// the same name.
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
		return // impossible: strings
	}
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	// A conflict or a missing object needs no action.
	_, _ = a.client.Resource(PingSources).Namespace(object.GetNamespace()).Patch(
		ctx, object.GetName(), types.MergePatchType, text, metav1.PatchOptions{FieldManager: "adapter"})
}
