// Package knative answers how the function set is deployed on a cluster with
// Knative: the manifests, as they lie beside this file.
package knative

import "embed"

// Manifests are the kustomize base, its overlays and its components.
//
//go:embed base/*.yaml overlays/*/*.yaml components/*/*.yaml
var Manifests embed.FS
