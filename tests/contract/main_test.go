// Package contract_test tests the contract of the function set with its peers: it
// sends captured bytes of Asperathos' Manager, of Knative's PingSource and of the func
// CLI over TCP, and compares the answers with captured ones and with the expected
// arithmetic.
package contract_test

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
)

// TestMain disables name resolution: the tests may connect only to loopback
// addresses, not even to a name server.
func TestMain(m *testing.M) {
	net.DefaultResolver = &net.Resolver{
		PreferGo: true,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("the contract tests resolve no names")
		},
	}
	os.Exit(m.Run())
}
