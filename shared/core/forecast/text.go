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
func (c *Course) UnmarshalText(text []byte) error { return c.Parse(string(text)) }

// Parse is UnmarshalText of a string.
func (c *Course) Parse(text string) error {
	if text == "" {
		*c = Course{}
		return nil
	}
	if len(text) > mostText {
		return errDamaged
	}
	var encoded [mostText]byte
	var buffer [mostRaw + 2]byte
	n, err := base64.RawURLEncoding.Decode(buffer[:], encoded[:copy(encoded[:], text)])
	if err != nil || n < 1+sumBytes || buffer[0] != version {
		return errDamaged
	}
	raw, sum := buffer[:n-sumBytes], buffer[n-sumBytes:n]
	if crc32.ChecksumIEEE(raw) != binary.LittleEndian.Uint32(sum) {
		return errDamaged
	}
	r := codec{raw: raw[1:], reading: true}
	var fresh Course
	r.course(&fresh)
	if r.bad || len(r.raw) > 0 {
		return errDamaged
	}
	fresh.Exposure = float64(fresh.exposure) / 2000
	*c = fresh
	return nil
}
