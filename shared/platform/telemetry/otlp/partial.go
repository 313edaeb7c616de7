package otlp

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
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
func fields(text []byte) (map[protowire.Number]value, error) {
	all := map[protowire.Number]value{}
	for len(text) > 0 {
		field, kind, n := protowire.ConsumeTag(text)
		if n < 0 {
			return nil, errAnswer
		}
		text = text[n:]
		var is value
		switch kind {
		case protowire.VarintType:
			is.number, n = protowire.ConsumeVarint(text)
		case protowire.BytesType:
			is.bytes, n = protowire.ConsumeBytes(text)
		default:
			n = protowire.ConsumeFieldValue(field, kind, text)
		}
		if n < 0 {
			return nil, errAnswer
		}
		text, all[field] = text[n:], is
	}
	return all, nil
}
