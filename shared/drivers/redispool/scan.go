package redispool

// Limits of what a Redis may send between two requests. The largest honest replies are
// that to HELLO, which lists the modules of the server, and the error of a script.
const (
	maxBytes    = 16 << 10
	maxLine     = 4 << 10 // of a status or an error
	maxNumber   = 64      // of a number or another short value, in bytes
	maxText     = 9999    // bytes of a text; a length has as many digits at most
	maxElements = 99      // of an aggregate: two digits
	maxDeclared = 512     // elements of all aggregates together
	maxDepth    = 8       // aggregates within one another
)

// Errors of replies beyond the limits, and of bytes that are no reply.
var (
	errTooLarge = &strangerError{refused("its answer is too large"), "the reply exceeds the limits"}
	errNoReply  = &strangerError{refused("its answer is no reply of Redis"), "the bytes are no reply of Redis"}
)

// part is the part of a reply that a scanner expects next.
type part int

const (
	partType   part = iota // the first byte of a reply
	partLine               // the rest of a line
	partLength             // the digits of a length
	partFeed               // the line feed after a length
	partText               // the bytes of a text
	partReturn             // the carriage return after a text
	partEnd                // the line feed after that
)

// scanner reads a stream of replies (RESP2 and RESP3), in chunks of any size, and
// allocates nothing. It takes the bytes apart as go-redis does: into lines, and texts
// of a declared length.
type scanner struct {
	expect part
	kind   byte // of the reply that is being read, its first byte
	last   byte // the byte before, in a line

	line     int // bytes of the line
	digits   int // of the length
	negative bool
	length   int

	bytes, declared int // since the last request

	open  [maxDepth]int // elements that are still to come, by depth
	depth int
}

// refill grants the budget for the replies to another request.
func (s *scanner) refill() { s.bytes, s.declared = 0, 0 }

// scan reads a chunk. Its error is errTooLarge or errNoReply.
func (s *scanner) scan(chunk []byte) error {
	s.bytes += len(chunk)
	if s.bytes > maxBytes {
		return errTooLarge
	}
	for i := 0; i < len(chunk); i++ {
		if s.expect == partText && s.length > 0 {
			skip := min(s.length, len(chunk)-i)
			s.length -= skip
			i += skip - 1
			if s.length == 0 {
				s.expect = partReturn
			}
			continue
		}
		if err := s.next(chunk[i]); err != nil {
			return err
		}
	}
	return nil
}

// next reads one byte.
func (s *scanner) next(c byte) error {
	switch s.expect {
	case partType:
		return s.begin(c)
	case partLine:
		return s.inLine(c)
	case partLength:
		return s.inLength(c)
	case partFeed:
		if c != '\n' {
			return errNoReply
		}
		return s.measured()
	case partReturn:
		s.expect = partEnd
		return is(c, '\r')
	case partEnd:
		s.ended()
		return is(c, '\n')
	case partText: // scan skips it
	}
	return errNoReply
}

func is(c, want byte) error {
	if c != want {
		return errNoReply
	}
	return nil
}

// begin reads the first byte of a reply.
func (s *scanner) begin(c byte) error {
	s.kind, s.last = c, 0
	s.line, s.digits, s.length, s.negative = 0, 0, 0, false
	switch c {
	case '+', '-', ':', '_', ',', '#', '(':
		s.expect = partLine
	case '$', '!', '=', '*', '~', '>', '%', '|':
		s.expect = partLength
	default:
		return errNoReply
	}
	return nil
}

// inLine reads a byte of a line.
func (s *scanner) inLine(c byte) error {
	if c == '\n' {
		if s.last != '\r' {
			return errNoReply
		}
		s.ended()
		return nil
	}
	s.last = c
	s.line++
	limit := maxNumber
	if s.kind == '+' || s.kind == '-' {
		limit = maxLine
	}
	if s.line > limit {
		return errTooLarge
	}
	return nil
}

// inLength reads a byte of a length. Only a text and an array may be null, -1, as in
// RESP2.
func (s *scanner) inLength(c byte) error {
	switch {
	case c == '-' && s.digits == 0 && !s.negative && (s.kind == '$' || s.kind == '*'):
		s.negative = true
	case c >= '0' && c <= '9':
		s.digits++
		s.length = 10*s.length + int(c-'0')
		if s.length > s.limit() || s.digits > 4 {
			return errTooLarge
		}
	case c == '\r' && s.digits > 0 && (!s.negative || s.length == 1):
		s.expect = partFeed
	default:
		return errNoReply
	}
	return nil
}

// limit returns the largest length of the reply that is being read.
func (s *scanner) limit() int {
	switch s.kind {
	case '$', '!', '=':
		return maxText
	default:
		return maxElements
	}
}

// measured goes on after the line with a length.
func (s *scanner) measured() error {
	if s.negative {
		s.ended()
		return nil
	}
	switch s.kind {
	case '$', '!', '=':
		s.expect = partText
		if s.length == 0 {
			s.expect = partReturn
		}
		return nil
	case '%', '|':
		s.length *= 2 // keys and values
	}
	s.declared += s.length
	switch {
	case s.declared > maxDeclared:
		return errTooLarge
	case s.length == 0:
		s.ended()
	case s.depth == maxDepth:
		return errTooLarge
	default:
		s.open[s.depth] = s.length
		s.depth++
		s.expect = partType
	}
	return nil
}

// ended goes on after a whole reply, which may be the last element of others.
func (s *scanner) ended() {
	s.expect = partType
	for s.depth > 0 {
		s.open[s.depth-1]--
		if s.open[s.depth-1] > 0 {
			return
		}
		s.depth--
	}
}
