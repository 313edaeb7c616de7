// Package cluster holds what a cluster needs before the product can run in it.
package cluster

import _ "embed" // the definition below

// PingSource is a CustomResourceDefinition of Knative's PingSource.
//
//go:embed testdata/pingsource-crd.yaml
var PingSource []byte
