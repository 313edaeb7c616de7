package forecast

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
)

// A course's text is base64 of: the version, the numbers in the order of fields as
// varints, and a check sum.
const (
	version  = 1
	mostText = 2048 - 2 // with quotes at most 2 KB
	mostRaw  = mostText * 3 / 4
	sumBytes = 4
)

var errDamaged = errors.New("the text of a course is damaged")

// MarshalText returns the course as at most 2,046 ASCII characters that need no escape
// in JSON; none for a course without points.
func (c Course) MarshalText() ([]byte, error) { return c.AppendText([]byte{}) }

// AppendText appends the text of MarshalText. Its error is always nil.
func (c *Course) AppendText(text []byte) ([]byte, error) {
	if c.Count == 0 {
		return text, nil
	}
	text = slices.Grow(text, mostText+mostRaw)
	raw := text[len(text)+mostText : len(text)+mostText] // in the room behind the text
	w := codec{raw: append(raw, version)}
	w.course(c)
	w.raw = binary.LittleEndian.AppendUint32(w.raw, crc32.ChecksumIEEE(w.raw))
	return base64.RawURLEncoding.AppendEncode(text, w.raw), nil
}

// UnmarshalText reads a text of MarshalText. An error leaves the course as it was.
func (c *Course) UnmarshalText(text []byte) error {
	parsed, err := ParseCourse(string(text), nil)
	if err == nil {
		*c = *parsed
	}
	return err
}

// ParseCourse returns the course of a text of MarshalText. It overwrites the capacity of room,
// of which it needs 4 KB, and allocates what is missing.
func ParseCourse(text string, room []byte) (*Course, error) {
	c := new(Course)
	if text == "" {
		return c, nil
	}
	if len(text) > mostText {
		return nil, errDamaged
	}
	room = append(slices.Grow(room[:0], mostText+mostRaw), text...)
	decoded, err := base64.RawURLEncoding.AppendDecode(room, room)
	raw := decoded[len(text):]
	if err != nil || len(raw) < 1+sumBytes || raw[0] != version {
		return nil, errDamaged
	}
	raw, sum := raw[:len(raw)-sumBytes], raw[len(raw)-sumBytes:]
	if crc32.ChecksumIEEE(raw) != binary.LittleEndian.Uint32(sum) {
		return nil, errDamaged
	}
	r := codec{raw: raw[1:], reading: true}
	r.course(c)
	if r.bad || r.read < len(r.raw) {
		return nil, errDamaged
	}
	c.Exposure = float64(c.exposure) / 2000
	return c, nil
}
