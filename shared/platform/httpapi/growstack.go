package httpapi

import "bytes"

// growStack makes the stack of a goroutine 32 KB large, as a tick needs it, while there is
// little on it. A new connection has a new goroutine, whose stack would grow four times, and
// each time more would be copied: a twentieth of the processor time of a tick on a new
// connection. CockroachDB does the same in pkg/util/growstack.
//
//go:noinline
func growStack() {
	if usesRoom { // only the size of the frame matters: nobody sets the room to zeros
		var room [20 << 10]byte
		for i := range room {
			room[i] = 'x'
		}
		usesRoom = bytes.IndexByte(room[:], 'y') >= 0 // else the compiler leaves out the room
	}
}

// usesRoom is false, which the compiler does not know.
var usesRoom bool
