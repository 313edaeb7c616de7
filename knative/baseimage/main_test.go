package main

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// setup writes a layout and returns its directory and its digest.
func setup(t *testing.T) (directory, digest string) {
	t.Helper()
	directory = t.TempDir()
	certificates := filepath.Join(directory, "source")
	if err := os.WriteFile(certificates, []byte("certificates"), 0o600); err != nil {
		t.Fatal(err)
	}
	digest, err := write(directory, sources{certificates: certificates, zones: zoneFile()})
	if err != nil {
		t.Fatal(err)
	}
	return directory, digest
}

// read decodes a blob and checks its digest.
func read(t *testing.T, directory, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(directory, "blobs/sha256", name[len("sha256:"):]))
	if err != nil {
		t.Fatal(err)
	}
	if got := digest(text); got != name {
		t.Errorf("blob %s has the digest %s", name, got)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

func TestLayout(t *testing.T) {
	t.Parallel()
	directory, name := setup(t)
	var index struct{ Manifests []descriptor }
	read(t, directory, name, &index)
	var got []string
	for _, image := range index.Manifests {
		var manifest struct {
			Config descriptor
			Layers []descriptor
		}
		read(t, directory, image.Digest, &manifest)
		var config struct {
			Architecture string
			Config       struct{ User string }
		}
		read(t, directory, manifest.Config.Digest, &config)
		got = append(got, config.Architecture+" as "+config.Config.User)
		want := []string{"etc/ssl/certs/ca-certificates.crt", "usr/share/zoneinfo.zip", "etc/passwd", "etc/group"}
		if diff := cmp.Diff(want, files(t, directory, manifest.Layers[0].Digest)); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	}
	if diff := cmp.Diff([]string{"amd64 as 65532:65532", "arm64 as 65532:65532"}, got); diff != "" {
		t.Errorf("images (-want +got):\n%s", diff)
	}
}

// files returns the names of the files in a layer, which it reads to the end.
func files(t *testing.T, directory, layer string) []string {
	t.Helper()
	file, err := os.Open(filepath.Join(directory, "blobs/sha256", layer[len("sha256:"):]))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for archive := tar.NewReader(plain); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
	}
	if _, err := io.Copy(io.Discard, plain); err != nil {
		t.Errorf("layer ends early: %v", err)
	}
	return names
}

func TestSameFilesResultInSameImage(t *testing.T) {
	t.Parallel()
	_, first := setup(t)
	if _, second := setup(t); first != second {
		t.Errorf("got digests %s and %s, want the same", first, second)
	}
}
