// Package functions_test runs the function set against a real Kubernetes
// control plane, each unit with the token of its own service account and the
// Roles that are deployed.
package functions_test

import (
	"os"
	"testing"

	cluster "kubejobs/tests/cluster"
	"kubejobs/tests/cluster/controlplane"
)

// plane is the control plane of every test that does not break its own.
var plane *controlplane.ControlPlane

func TestMain(m *testing.M) {
	os.Exit(controlplane.Main(m, &plane, cluster.PingSource))
}
