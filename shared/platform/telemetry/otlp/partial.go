package otlp

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// errAnswer means that an answer is no protobuf.
var errAnswer = errors.New("the receiver's answer is not OTLP")

// partial returns the error in the answer to a request that was accepted: how many spans
// or points of it were not, and why.
func partial(answer []byte) error {
	inner, err := fields(answer)
	if err != nil {
		return err
	}
	success, err := fields(inner[1].bytes)
	if err != nil {
		return err
	}
	if rejected, why := success[1].number, success[2].bytes; rejected != 0 || len(why) != 0 {
		return fmt.Errorf("OTLP partial success: %s (%d rejected)", why, rejected)
	}
	return nil
}

// value is a field's last value.
type value struct {
	number uint64
	bytes  []byte
}

// fields returns the fields of a message by their numbers.
func fields(text []byte) (map[uint64]value, error) {
	all := map[uint64]value{}
	for len(text) > 0 {
		tag, rest, ok := varint(text)
		if !ok {
			return nil, errAnswer
		}
		var is value
		switch tag & (1<<bitsOfTypes - 1) {
		case typeVarint:
			is.number, rest, ok = varint(rest)
		case typeBytes:
			is.number, rest, ok = varint(rest)
			is.bytes, rest, ok = first(rest, is.number, ok)
		case type64:
			is.bytes, rest, ok = first(rest, 8, ok)
		case type32:
			is.bytes, rest, ok = first(rest, 4, ok)
		default:
			ok = false
		}
		if !ok {
			return nil, errAnswer
		}
		text, all[tag>>bitsOfTypes] = rest, is
	}
	return all, nil
}

// varint returns the number that text begins with, and the rest.
func varint(text []byte) (n uint64, rest []byte, ok bool) {
	n, size := binary.Uvarint(text)
	if size <= 0 {
		return 0, nil, false
	}
	return n, text[size:], true
}

// first returns the first n bytes of text, and the rest.
func first(text []byte, n uint64, ok bool) (some, rest []byte, enough bool) {
	if !ok || n > uint64(len(text)) {
		return nil, nil, false
	}
	return text[:n], text[n:], true
}
