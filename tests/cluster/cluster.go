// Package cluster embeds the definitions that a cluster needs for the functions.
package cluster

import _ "embed" // the definition below

// PingSource is a CustomResourceDefinition for Knative's PingSource.
//
//go:embed testdata/pingsource-crd.yaml
var PingSource []byte
