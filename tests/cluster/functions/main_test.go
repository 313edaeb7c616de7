// Package functions_test runs the functions with a real Kubernetes control plane: each
// unit has the token of its service account and the deployed Roles.
package functions_test

import (
	"os"
	"testing"

	cluster "kubejobs/tests/cluster"
	"kubejobs/tests/cluster/controlplane"
)

// plane is the control plane that tests share, except for those that stop their own.
var plane *controlplane.ControlPlane

func TestMain(m *testing.M) {
	os.Exit(controlplane.Main(m, &plane, cluster.PingSource))
}
