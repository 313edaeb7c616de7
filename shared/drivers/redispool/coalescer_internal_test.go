package redispool

import (
	"bytes"
	"errors"
	"net"
	"slices"
	"testing"
)

// wire is a connection that remembers the pieces that are written, and answers each read
// with a byte.
type wire struct {
	net.Conn

	pieces [][]byte
	err    error
}

func (w *wire) Write(b []byte) (int, error) {
	w.pieces = append(w.pieces, bytes.Clone(b))
	return len(b), w.err
}

func (*wire) Read(b []byte) (int, error) { return copy(b, "x"), nil }

// A request goes out in one piece before its reply is read; a long one in few.
func TestRequestsAreWhole(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		write []int // bytes
		want  []int
	}{
		"nothing":       {nil, nil},
		"one piece":     {[]int{7}, []int{7}},
		"small pieces":  {slices.Repeat([]int{500}, 100), []int{50000}},
		"a long one":    {slices.Repeat([]int{500}, 200), []int{132 * 500, 68 * 500}},
		"one long word": {[]int{1 << 20, 3}, []int{1 << 20, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wire := &wire{}
			w := &coalescer{Conn: wire}
			for range 3 { // requests on one connection
				wire.pieces = nil
				var sent []byte
				for i, n := range tt.write {
					piece := bytes.Repeat([]byte{byte(i)}, n)
					sent = append(sent, piece...)
					if wrote, err := w.Write(piece); wrote != n || err != nil {
						t.Fatalf("Write = %d, %v", wrote, err)
					}
				}
				reply := make([]byte, 1)
				if n, err := w.Read(reply); n != 1 || err != nil {
					t.Fatalf("Read = %d, %v", n, err)
				}
				var sizes []int
				for _, piece := range wire.pieces {
					sizes = append(sizes, len(piece))
				}
				if !slices.Equal(sizes, tt.want) || !bytes.Equal(bytes.Join(wire.pieces, nil), sent) {
					t.Errorf("pieces of %v bytes, want %v", sizes, tt.want)
				}
			}
		})
	}
}

// A request that cannot be sent fails, with the error of the connection.
func TestRequestsThatFail(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	w := &coalescer{Conn: &wire{err: broken}}
	if _, err := w.Write([]byte("PING")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Read(make([]byte, 1)); !errors.Is(err, broken) {
		t.Errorf("Read = %v, want the error of the request", err)
	}
	if _, err := w.Write(make([]byte, maxHeld)); !errors.Is(err, broken) {
		t.Errorf("Write of a long request = %v, want the error of the connection", err)
	}
}
