package controlplane

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// Apply applies the documents of a manifest and refuses unknown fields.
func (c *ControlPlane) Apply(tb testing.TB, manifest []byte) {
	tb.Helper()
	c.ApplyIn(tb, "", manifest)
}

// ApplyIn is like Apply, with the namespace of documents that name none.
func (c *ControlPlane) ApplyIn(tb testing.TB, namespace string, manifest []byte) {
	tb.Helper()
	if err := c.apply(tb.Context(), namespace, manifest); err != nil {
		tb.Fatal(err)
	}
}

func (c *ControlPlane) apply(ctx context.Context, namespace string, manifest []byte) error {
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(manifest)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a manifest: %w", err)
		}
		object := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict(document, &object.Object); err != nil {
			return fmt.Errorf("read a manifest: %w", err)
		}
		if len(object.Object) == 0 {
			continue // only comments
		}
		if err := c.applyObject(ctx, namespace, object); err != nil {
			return fmt.Errorf("apply %s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
}

func (c *ControlPlane) applyObject(ctx context.Context, namespace string, object *unstructured.Unstructured) error {
	resource, err := c.resource(ctx, object.GroupVersionKind())
	if err != nil {
		return err
	}
	var client dynamic.ResourceInterface = c.dynamic.Resource(resource.of)
	if resource.namespaced {
		if object.GetNamespace() == "" {
			object.SetNamespace(namespace)
		}
		client = c.dynamic.Resource(resource.of).Namespace(object.GetNamespace())
	}
	text, err := json.Marshal(object)
	if err != nil {
		return err
	}
	force := true
	_, err = client.Patch(ctx, object.GetName(), types.ApplyPatchType, text, metav1.PatchOptions{
		FieldManager: "tests", Force: &force, FieldValidation: metav1.FieldValidationStrict,
	})
	if err != nil || object.GetKind() != "CustomResourceDefinition" {
		return err
	}
	return c.established(ctx, client, object.GetName())
}

// established waits until objects of a new kind can be created.
func (c *ControlPlane) established(ctx context.Context, client dynamic.ResourceInterface, name string) error {
	ctx, cancel := context.WithTimeout(ctx, awaitTimeout)
	defer cancel()
	return poll(ctx, func(ctx context.Context) error {
		definition, err := client.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		conditions, _, err := unstructured.NestedSlice(definition.Object, "status", "conditions")
		if err != nil {
			return err
		}
		for _, condition := range conditions {
			if c, ok := condition.(map[string]any); ok && c["type"] == "Established" && c["status"] == "True" {
				return nil
			}
		}
		return fmt.Errorf("not established: %v", conditions)
	})
}

type resource struct {
	of         schema.GroupVersionResource
	namespaced bool
}

// resource returns the resource of a kind, as the API server names it.
func (c *ControlPlane) resource(ctx context.Context, kind schema.GroupVersionKind) (resource, error) {
	path := "/apis/" + kind.GroupVersion().String()
	if kind.Group == "" {
		path = "/api/" + kind.Version
	}
	var list metav1.APIResourceList
	if err := c.get(ctx, path, &list); err != nil {
		return resource{}, err
	}
	for i := range list.APIResources {
		if r := &list.APIResources[i]; r.Kind == kind.Kind && !strings.Contains(r.Name, "/") {
			return resource{of: kind.GroupVersion().WithResource(r.Name), namespaced: r.Namespaced}, nil
		}
	}
	return resource{}, fmt.Errorf("the API server knows no kind %s", kind)
}

// get decodes the JSON at a path of the API server.
func (c *ControlPlane) get(ctx context.Context, path string, into any) error {
	client, err := rest.HTTPClientFor(c.admin)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.admin.Host+path, http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}
