// Package knative embeds the manifests that deploy the function set on a cluster
// with Knative.
package knative

import "embed"

// Manifests are the kustomize base, its overlays and its components.
//
//go:embed base/*.yaml overlays/*/*.yaml components/*/*.yaml
var Manifests embed.FS

// Readme describes the deployment.
//
//go:embed README.md
var Readme string

// Examples are objects that nothing deploys.
//
//go:embed examples/*.yaml
var Examples embed.FS
