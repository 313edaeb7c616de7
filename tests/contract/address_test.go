package contract_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestAddresses starts jobs whose Redis has an address that is not allowed: the start
// is refused, and the program does not connect to the address.
func TestAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil) // allows only 127.0.0.1
	forbidden, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer forbidden.Close()
	port := forbidden.Addr().(*net.TCPAddr).Port
	for name, tt := range map[string]struct {
		host string
		info string
	}{
		"number of items given":   {"127.0.0.2", `,"number_of_jobs":6`},
		"number of items omitted": {"127.0.0.2", ""},
		"IPv4 mapped to IPv6":     {"::ffff:127.0.0.2", ""},
		"IPv6 loopback":           {"::1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := w.call(t, http.MethodPost, "/monitoring/a", fmt.Sprintf(
				`{"plugin":"kubejobs","plugin_info":{"expected_time":40,"redis_ip":%q,"redis_port":%d%s}}`, tt.host, port, tt.info))
			if err := got.checkRefusal(http.StatusBadRequest); err != nil {
				t.Fatal(err)
			}
			if message := fmt.Sprint(got.object(t)["error_message"]); !strings.Contains(message, "plugin_info.redis_ip") {
				t.Errorf("got error_message %q, want it to name plugin_info.redis_ip", message)
			}
		})
	}
	if keys := w.keys(t); len(keys) != 0 {
		t.Errorf("got keys %v in the state Redis, want none", keys)
	}
	// The first connection must be the one of this test.
	own, err := net.DialTimeout("tcp", forbidden.Addr().String(), patience)
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	first, err := forbidden.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if got, want := first.RemoteAddr().String(), own.LocalAddr().String(); got != want {
		t.Errorf("the program connected from %s to an address that is not allowed", got)
	}
}
