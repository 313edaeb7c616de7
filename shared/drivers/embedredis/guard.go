package embedredis

import (
	"errors"
	"net"
)

// Limits of a request. miniredis allocates what a length declares before it comes, and a
// request without elements ends its process.
const (
	maxElements = 1 << 20
	maxText     = 16 << 20 // bytes
)

// errRequest is the error of a request beyond the limits, or of bytes that are none.
var errRequest = errors.New("the bytes are no request of Redis, or it is too large")

// guard is a connection from which only well-formed requests are read: arrays of at
// least one text.
type guard struct {
	net.Conn

	request request
}

// Read reads a part of the requests. After a byte that is not part of one, it fails.
func (g *guard) Read(b []byte) (int, error) {
	n, err := g.Conn.Read(b)
	if !g.request.accepts(b[:n]) {
		return 0, errRequest
	}
	return n, err
}

// request is the state of reading requests. The zero value expects the first byte of one.
type request struct {
	expect   part
	length   int // declared so far, of the array or of the text
	digits   int
	elements int // that are still to come
}

// part is what a request has next.
type part int

const (
	partType   part = iota // the star of an array, or the dollar of a text
	partLength             // a digit, or the carriage return after the last one
	partFeed               // the line feed after a length
	partText               // the bytes of a text, and a carriage return
	partEnd                // the line feed after a text
)

// accepts reads a chunk. It reports whether all of it belongs to requests.
func (r *request) accepts(chunk []byte) bool {
	for len(chunk) > 0 {
		if r.expect == partText && r.length > 0 {
			n := min(r.length, len(chunk))
			r.length -= n
			chunk = chunk[n:]
			continue
		}
		if !r.next(chunk[0]) {
			return false
		}
		chunk = chunk[1:]
	}
	return true
}

// next reads one byte that is not of a text.
func (r *request) next(c byte) bool {
	switch r.expect {
	case partType:
		r.expect, r.length, r.digits = partLength, 0, 0
		return r.elements == 0 && c == '*' || r.elements > 0 && c == '$'
	case partLength:
		return r.measure(c)
	case partFeed:
		r.expect = partType
		if r.elements > 0 { // the length was that of a text
			r.expect = partText
		} else {
			r.elements = r.length
		}
		return c == '\n'
	case partText:
		r.expect = partEnd
		return c == '\r'
	case partEnd:
		r.expect = partType
		r.elements--
		return c == '\n'
	}
	return false
}

// measure reads a digit of a length, or its end. An array has at least one element.
func (r *request) measure(c byte) bool {
	most, least := maxElements, 1
	if r.elements > 0 {
		most, least = maxText, 0
	}
	if c == '\r' {
		r.expect = partFeed
		return r.digits > 0 && r.length >= least
	}
	r.digits++
	r.length = 10*r.length + int(c-'0')
	return '0' <= c && c <= '9' && r.digits <= len("16777216") && r.length <= most
}
