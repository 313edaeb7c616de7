// Package cluster embeds the definitions that a cluster needs for the functions.
package cluster

import _ "embed" // the definitions below

// PingSource is a CustomResourceDefinition for Knative's PingSource.
//
//go:embed testdata/pingsource-crd.yaml
var PingSource []byte

// Kubelet is a configuration of kwok, which plays the kubelet.
//
//go:embed testdata/kubelet.yaml
var Kubelet []byte
