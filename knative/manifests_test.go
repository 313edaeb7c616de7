package knative_test

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"kubejobs/knative"
)

// document is a YAML document of the manifests.
type document struct {
	file string
	text []byte
	metav1.TypeMeta
	metav1.ObjectMeta `json:"metadata"`
}

// into decodes the document and refuses unknown fields.
func (d document) into(t *testing.T, object any) {
	t.Helper()
	if err := yaml.UnmarshalStrict(d.text, object); err != nil {
		t.Fatalf("%s: %s %s: %v", d.file, d.Kind, d.Name, err)
	}
}

// service holds the fields of a Knative Service that this project uses.
type service struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Template struct {
			metav1.ObjectMeta `json:"metadata"`
			Spec              struct {
				corev1.PodSpec              `json:",inline"`
				ContainerConcurrency        int64  `json:"containerConcurrency"`
				TimeoutSeconds              int64  `json:"timeoutSeconds"`
				IdleTimeoutSeconds          *int64 `json:"idleTimeoutSeconds"`
				ResponseStartTimeoutSeconds *int64 `json:"responseStartTimeoutSeconds"`
			} `json:"spec"`
		} `json:"template"`
	} `json:"spec"`
}

// documents returns the documents in the files that match pattern, without
// kustomizations.
func documents(t *testing.T, pattern string) []document {
	t.Helper()
	files, err := fs.Glob(knative.Manifests, pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(files), err)
	}
	var all []document
	for _, file := range files {
		if path.Base(file) == "kustomization.yaml" {
			continue
		}
		text, err := knative.Manifests.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for part := range bytes.SplitSeq(text, []byte("\n---\n")) {
			d := document{file: file, text: part}
			if err := yaml.Unmarshal(part, &d); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			all = append(all, d)
		}
	}
	return all
}

// every returns all documents of the manifests.
func every(t *testing.T) []document {
	t.Helper()
	return slices.Concat(documents(t, "base/*"), documents(t, "overlays/*/*"), documents(t, "components/*/*"))
}

// services returns the Knative Services of the base by name.
func services(t *testing.T) map[string]service {
	t.Helper()
	all := map[string]service{}
	for _, d := range documents(t, "base/500-services.yaml") {
		var s service
		d.into(t, &s)
		all[s.Name] = s
	}
	return all
}

func TestEveryDocumentIsComplete(t *testing.T) {
	t.Parallel()
	for _, d := range every(t) {
		if d.APIVersion == "" || d.Kind == "" || d.Name == "" {
			t.Errorf("%s: %q %q %q lacks its apiVersion, kind or name", d.file, d.APIVersion, d.Kind, d.Name)
		}
		if d.Kind != "Namespace" && d.Namespace == "" {
			t.Errorf("%s: %s %s has no namespace", d.file, d.Kind, d.Name)
		}
		patch := strings.Contains(string(d.text), "$patch")
		if !patch && d.Labels["app.kubernetes.io/part-of"] != "kubejobs" {
			t.Errorf("%s: %s %s lacks the label part-of: kubejobs", d.file, d.Kind, d.Name)
		}
	}
}

// A file that no kustomization names is not deployed.
func TestEveryFileIsInAKustomization(t *testing.T) {
	t.Parallel()
	err := fs.WalkDir(knative.Manifests, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Base(file) == "kustomization.yaml" {
			return err
		}
		text, err := knative.Manifests.ReadFile(path.Join(path.Dir(file), "kustomization.yaml"))
		if err == nil && !strings.Contains(string(text), path.Base(file)) {
			t.Errorf("%s is in no kustomization", file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An image has a version, or is set at deployment. Only the overlay for development
// holds a secret.
func TestNoLatestImageAndNoSecret(t *testing.T) {
	t.Parallel()
	for _, d := range every(t) {
		if strings.Contains(string(d.text), ":latest") {
			t.Errorf("%s: %s %s names the image latest", d.file, d.Kind, d.Name)
		}
		dev := strings.HasPrefix(d.file, "overlays/dev/")
		if !dev && (d.Kind == "Secret" || strings.Contains(string(d.text), "redis://")) {
			t.Errorf("%s: %s %s holds a secret", d.file, d.Kind, d.Name)
		}
	}
}
