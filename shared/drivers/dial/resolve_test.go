package dial_test

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/dial"
)

// nameServer is a DNS server that answers each question with the next of its lists of
// addresses, and the last of them from then on.
type nameServer struct {
	lists [][]string
	asked atomic.Int32 // for IPv4 addresses
}

// serve starts the server and makes it that of the process until the test ends.
func (s *nameServer) serve(t *testing.T) {
	t.Helper()
	connection, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	before := net.DefaultResolver
	t.Cleanup(func() {
		net.DefaultResolver = before
		_ = connection.Close()
	})
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "udp", connection.LocalAddr().String())
	}}
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, peer, err := connection.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = connection.WriteTo(s.answer(buffer[:n]), peer)
		}
	}()
}

// Types of DNS records (RFC 1035, RFC 3596).
const (
	typeA    = 1
	typeAAAA = 28
)

// answer returns the answer to a query.
func (s *nameServer) answer(query []byte) []byte {
	end := 12 // of the header
	for query[end] != 0 {
		end += 1 + int(query[end])
	}
	kind := binary.BigEndian.Uint16(query[end+1:])
	end += 5
	at := int(s.asked.Load())
	if kind == typeA {
		at = int(s.asked.Add(1)) - 1
	}
	answer := append([]byte{}, query[:end]...)
	copy(answer[2:], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}) // a response without records
	for _, text := range s.lists[min(at, len(s.lists)-1)] {
		address := netip.MustParseAddr(text)
		if address.Is4() != (kind == typeA) || kind != typeA && kind != typeAAAA {
			continue
		}
		answer[7]++
		answer = append(answer, 0xc0, 12, 0, byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(address.BitLen()/8))
		answer = append(answer, address.AsSlice()...)
	}
	return answer
}

// listenBoth listens on 127.0.0.2 and 127.0.0.3 at one port.
func listenBoth(t *testing.T) (port string, allowed, refused net.Listener) {
	t.Helper()
	for range 20 {
		first, err := net.Listen("tcp", "127.0.0.2:0")
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ = net.SplitHostPort(first.Addr().String())
		if second, err := net.Listen("tcp", "127.0.0.3:"+port); err == nil {
			t.Cleanup(func() { _, _ = first.Close(), second.Close() })
			return port, first, second
		}
		_ = first.Close()
	}
	t.Fatal("no port is free on both addresses")
	return "", nil, nil
}

// A name that resolves to allowed and to refused addresses leads to the allowed one
// only, whatever the order, and a name that resolves to another address the next time
// leads nowhere. The address is checked when the program connects to it.
func TestNameOfSeveralAddresses(t *testing.T) {
	const allowed, refused = "127.0.0.2", "127.0.0.3"
	tests := map[string]struct {
		lists [][]string
		want  []bool // whether each of some connections is opened
	}{
		"the allowed one first":        {[][]string{{allowed, refused}}, []bool{true, true}},
		"the refused one first":        {[][]string{{refused, allowed}}, []bool{true, true}},
		"with metadata":                {[][]string{{"169.254.169.254", "100.100.100.200", refused, allowed}}, []bool{true}},
		"with IPv6, refused":           {[][]string{{"::1", "fe80::1", "fd00:ec2::254", "64:ff9b::a9fe:a9fe", allowed, refused}}, []bool{true}},
		"refused ones only":            {[][]string{{refused, "::1", "169.254.169.254"}}, []bool{false}},
		"another one, the second time": {[][]string{{allowed}, {refused}, {refused}}, []bool{true, false, false}},
		"in turns":                     {[][]string{{allowed}, {refused}, {allowed, refused}}, []bool{true, false, true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			port, good, bad := listenBoth(t)
			var reached atomic.Bool
			go func() {
				if c, err := bad.Accept(); err == nil {
					reached.Store(true)
					_ = c.Close()
				}
			}()
			server := &nameServer{lists: tt.lists}
			server.serve(t)
			connect := dial.New(parse(t, allowed), "field", 10*time.Second)
			for i, want := range tt.want {
				connection, err := connect(t.Context(), "tcp", "several.example.:"+port)
				if want != (err == nil) {
					t.Fatalf("connection %d: %v, want one: %t", i, err, want)
				}
				if !want {
					if failure.KindOf(err) != failure.KindInvalid || !strings.Contains(err.Error(), "ALLOWED_HOSTS") {
						t.Errorf("connection %d: %v, want an error of kind invalid that says how to allow it", i, err)
					}
					continue
				}
				if got := connection.RemoteAddr().String(); got != good.Addr().String() {
					t.Errorf("connection %d: to %s, want %s", i, got, good.Addr())
				}
				_ = connection.Close()
			}
			if reached.Load() {
				t.Error("the refused address was connected to")
			}
		})
	}
}
