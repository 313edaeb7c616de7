package forecast

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// Short numbers are varints like the others.
func TestShort(t *testing.T) {
	t.Parallel()
	for v := range uint16(1 << 14) {
		raw := appendShort([]byte("a"), v)
		if want := binary.AppendUvarint([]byte("a"), uint64(v)); !bytes.Equal(raw, want) {
			t.Fatalf("appendShort(%d) = %v, want %v", v, raw, want)
		}
		if got, size := short(append(raw[1:], 0xff)); got != v || size != len(raw)-1 {
			t.Fatalf("short(%v) = %d of %d bytes, want %d of %d", raw[1:], got, size, v, len(raw)-1)
		}
	}
}

func TestReadList(t *testing.T) {
	t.Parallel()
	const largest = 2 * mostExposure // a change by mostExposure
	tests := map[string]struct {
		raw  []byte
		want []window // nil: refused
	}{
		"two":                        {[]byte{1, 4, 200, 1, 3, 9}, []window{{1, 2}, {200, 0}}},
		"the largest":                {[]byte{0xff, 0x7f, 0x80 | largest&0x7f, largest >> 7, 0, 0}, []window{{mostItems, mostExposure}, {0, mostExposure}}},
		"nothing":                    {nil, nil},
		"one":                        {[]byte{1, 4}, nil},
		"no exposure":                {[]byte{1, 4, 200, 1}, nil},
		"cut off":                    {[]byte{1, 4, 200}, nil},
		"items of three bytes":       {[]byte{1, 4, 0x80, 0x80, 1, 0}, nil},
		"exposure of three bytes":    {[]byte{1, 4, 1, 0x80, 0x80, 1}, nil},
		"an exposure below 0":        {[]byte{1, 4, 1, 5}, nil},
		"an exposure that is larger": {[]byte{1, 2, 1, 0x80 | largest&0x7f, largest >> 7}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := codec{raw: append([]byte("before"), tt.raw...), read: len("before"), reading: true}
			got := make([]window, 2)
			if ok := k.readList(got); ok != (tt.want != nil) || ok && !slices.Equal(got, tt.want) {
				t.Fatalf("readList = %v, %v, want %v", got, ok, tt.want)
			}
			if tt.want == nil {
				return
			}
			again := codec{}
			again.writeList(got)
			if read := tt.raw[:k.read-len("before")]; !bytes.Equal(again.raw, read) {
				t.Errorf("written as %v, read from %v", again.raw, read)
			}
		})
	}
}
