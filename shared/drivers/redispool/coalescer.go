package redispool

import (
	"net"
	"sync"
)

// maxHeld is how much of a request is held back.
const maxHeld = 64 << 10 // bytes

// coalescer is a connection that sends a request in one piece, when its reply is to be read.
// The client's own buffer, of which each connection has one all the time, can then be small.
// Else a request of many commands would go out in small pieces, each of which wakes the
// Redis.
type coalescer struct {
	net.Conn

	request *[]byte // nil: nothing is held back
}

// requests have the room of what connections hold back.
var requests = sync.Pool{New: func() any { return new([]byte) }}

// Write implements net.Conn. An error may come with the next Read instead.
func (w *coalescer) Write(b []byte) (int, error) {
	if w.request == nil {
		w.request = requests.Get().(*[]byte) //nolint:forcetypeassert // they are all slices
		*w.request = (*w.request)[:0]
	}
	*w.request = append(*w.request, b...)
	if len(*w.request) < maxHeld {
		return len(b), nil
	}
	return len(b), w.flush()
}

// Read implements net.Conn.
func (w *coalescer) Read(b []byte) (int, error) {
	if err := w.flush(); err != nil {
		return 0, err
	}
	return w.Conn.Read(b)
}

// flush sends what is held back.
func (w *coalescer) flush() error {
	if w.request == nil {
		return nil
	}
	request := w.request
	w.request = nil
	_, err := w.Conn.Write(*request)
	if cap(*request) <= 2*maxHeld { // else it had one long argument
		requests.Put(request)
	}
	return err
}
