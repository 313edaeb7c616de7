// Command baseimage builds a base image without a registry: it writes an OCI image
// layout with the CA certificates of this machine, Go's time zones and a user that
// is not root, and prints the digest of the image.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"go/build"
	"os"
	"path/filepath"
	"slices"
)

const (
	user      = "65532"
	bundle    = "/etc/ssl/certs/ca-certificates.crt"
	zones     = "/usr/share/zoneinfo.zip"
	passwd    = "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:" + user + ":" + user + ":nonroot:/:/sbin/nologin\n"
	group     = "root:x:0:\nnonroot:x:" + user + ":\n"
	indexType = "application/vnd.oci.image.index.v1+json"
	imageType = "application/vnd.oci.image.manifest.v1+json"
)

// descriptor names a blob of the layout.
type descriptor struct {
	MediaType string    `json:"mediaType"`
	Digest    string    `json:"digest"`
	Size      int       `json:"size"`
	Platform  *platform `json:"platform,omitempty"`
}

type platform struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
}

// object is a JSON object of the image format.
type object map[string]any

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: baseimage DIRECTORY")
		os.Exit(2)
	}
	digest, err := write(os.Args[1], sources{certificates: bundle, zones: zoneFile()})
	if err != nil {
		fmt.Fprintln(os.Stderr, "baseimage:", err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, digest)
}

// zoneFile returns the path of the time zones in the Go distribution.
func zoneFile() string {
	return filepath.Join(build.Default.GOROOT, "lib/time/zoneinfo.zip")
}

// sources are the files of this machine that the image contains.
type sources struct{ certificates, zones string }

// write writes the layout into directory and returns the digest of its index. The
// same files result in the same digest.
func write(directory string, from sources) (string, error) {
	packed, plain, err := layer(from)
	if err != nil {
		return "", err
	}
	l := layout{directory}
	files, err := l.blob("application/vnd.oci.image.layer.v1.tar+gzip", packed)
	if err != nil {
		return "", err
	}
	var images []descriptor
	for _, architecture := range []string{"amd64", "arm64"} {
		image, err := l.image(platform{"linux", architecture}, files, digest(plain))
		if err != nil {
			return "", err
		}
		images = append(images, image)
	}
	index, err := l.object(indexType, object{"schemaVersion": 2, "mediaType": indexType, "manifests": images})
	if err != nil {
		return "", err
	}
	return index.Digest, l.end(append(images, index))
}

// layer returns the files of the image as a compressed and as a plain archive.
func layer(from sources) (packed, plain []byte, err error) {
	certificates, err := os.ReadFile(from.certificates)
	if err != nil {
		return nil, nil, fmt.Errorf("CA certificates: %w", err)
	}
	zoneinfo, err := os.ReadFile(from.zones)
	if err != nil {
		return nil, nil, fmt.Errorf("time zones: %w", err)
	}
	var archive, compressed bytes.Buffer
	t := tar.NewWriter(&archive)
	for _, file := range []struct {
		path string
		text []byte
	}{{bundle, certificates}, {zones, zoneinfo}, {"/etc/passwd", []byte(passwd)}, {"/etc/group", []byte(group)}} {
		header := &tar.Header{Name: file.path[1:], Mode: 0o444, Size: int64(len(file.text)), Format: tar.FormatUSTAR}
		if err := t.WriteHeader(header); err != nil {
			return nil, nil, err
		}
		if _, err := t.Write(file.text); err != nil {
			return nil, nil, err
		}
	}
	if err := t.Close(); err != nil {
		return nil, nil, err
	}
	z := gzip.NewWriter(&compressed)
	if _, err := z.Write(archive.Bytes()); err != nil {
		return nil, nil, err
	}
	if err := z.Close(); err != nil {
		return nil, nil, err
	}
	return compressed.Bytes(), archive.Bytes(), nil
}

func digest(text []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(text)) }

// layout is an OCI image layout that is being written.
type layout struct{ directory string }

// blob writes text under its digest.
func (l layout) blob(mediaType string, text []byte) (descriptor, error) {
	d := descriptor{MediaType: mediaType, Digest: digest(text), Size: len(text)}
	return d, l.file(filepath.Join("blobs/sha256", d.Digest[len("sha256:"):]), text)
}

func (l layout) object(mediaType string, o object) (descriptor, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return descriptor{}, err
	}
	return l.blob(mediaType, text)
}

// image writes the manifest of a platform. All platforms have the same files.
func (l layout) image(p platform, files descriptor, plain string) (descriptor, error) {
	config, err := l.object("application/vnd.oci.image.config.v1+json", object{
		"os": p.OS, "architecture": p.Architecture,
		"config": object{"User": user + ":" + user, "Env": []string{
			"SSL_CERT_FILE=" + bundle, "ZONEINFO=" + zones,
		}},
		"rootfs":  object{"type": "layers", "diff_ids": []string{plain}},
		"history": []object{{"created_by": "baseimage"}},
	})
	if err != nil {
		return descriptor{}, err
	}
	image, err := l.object(imageType, object{
		"schemaVersion": 2, "mediaType": imageType, "config": config, "layers": []descriptor{files},
	})
	image.Platform = &p
	return image, err
}

// end writes the two files that make the directory a layout. index.json lists the
// images next to the index that holds them, because ko looks for each one there.
func (l layout) end(all []descriptor) error {
	text, err := json.Marshal(object{"schemaVersion": 2, "manifests": all})
	if err != nil {
		return err
	}
	if err := l.file("oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`)); err != nil {
		return err
	}
	return l.file("index.json", slices.Concat(text, []byte("\n")))
}

func (l layout) file(name string, text []byte) error {
	path := filepath.Join(l.directory, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}
