package dial_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/dial"
)

// listen starts a loopback listener. accepted closes it and returns how many
// connections it accepted.
func listen(t *testing.T) (address string, accepted func() int) {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	count := make(chan int, 1)
	go func() {
		n := 0
		for {
			connection, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				count <- n
				return
			}
			if err == nil {
				n++
				_ = connection.Close()
			}
		}
	}()
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String(), func() int {
		_ = listener.Close()
		return <-count
	}
}

func TestDialer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		entries []string
		host    string // "": the listener's address
		network string
		allowed bool
	}{
		"an allowed address":                     {egress.Loopback(), "", "tcp", true},
		"an allowed name":                        {[]string{"localhost"}, "localhost", "tcp4", true},
		"a name that resolves to an allowed one": {[]string{"127.0.0.1"}, "localhost", "tcp4", true},
		"a refused address":                      {egress.Private(), "", "tcp", false},
		"a name that resolves to a refused one":  {egress.Private(), "localhost", "tcp", false},
		"a name that is not on the list":         {[]string{"redis"}, "localhost", "tcp", false},
		"the address behind a name on the list":  {[]string{"localhost"}, "", "tcp", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, accepted := listen(t)
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				t.Fatal(err)
			}
			if tt.host != "" {
				host = tt.host
			}
			connection, err := dial.New(parse(t, tt.entries...), "field", 10*time.Second)(t.Context(), tt.network, net.JoinHostPort(host, port))
			if connection != nil {
				_, _ = connection.Read(make([]byte, 1)) // until the listener has accepted it
				_ = connection.Close()
			}
			if tt.allowed && (err != nil || accepted() != 1) {
				t.Errorf("dial %s = %v, want a connection", host, err)
			}
			if !tt.allowed && (failure.KindOf(err) != failure.KindInvalid || accepted() != 0) {
				t.Errorf("dial %s = %v, want an error of kind invalid and no connection", host, err)
			}
		})
	}
}

// The error names the request's field that holds the address.
func TestDialerNamesTheField(t *testing.T) {
	t.Parallel()
	policy := parse(t, egress.Private()...)
	tests := map[string]struct {
		dial  func(ctx context.Context, network, address string) (net.Conn, error)
		field string
	}{
		"a job's Redis": {dial.New(policy, "plugin_info.redis_ip", 10*time.Second), "plugin_info.redis_ip"},
		"another field": {dial.New(policy, "plugin_info.database_data.url", 10*time.Second), "plugin_info.database_data.url"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.dial(t.Context(), "tcp", "127.0.0.1:1")
			typed, ok := errors.AsType[*failure.Error](err)
			if !ok || len(typed.Fields) != 1 || typed.Fields[0].Field != tt.field {
				t.Errorf("dial = %v, want an error that names the field %s", err, tt.field)
			}
		})
	}
}

// A malformed address, or one on which nobody listens, is not a matter of the
// policy.
func TestDialerPassesOtherErrors(t *testing.T) {
	t.Parallel()
	address, accepted := listen(t)
	_ = accepted() // closes the listener
	tests := map[string]struct{ address string }{
		"no port":        {"127.0.0.1"},
		"nobody listens": {address},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := dial.New(parse(t, egress.Loopback()...), "field", 10*time.Second)(t.Context(), "tcp", tt.address)
			if err == nil || failure.KindOf(err) != failure.KindInternal {
				t.Errorf("dial %s = %v, want an error of kind internal", tt.address, err)
			}
		})
	}
}

func parse(t *testing.T, entries ...string) *egress.Policy {
	t.Helper()
	p, err := egress.Parse(entries)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
