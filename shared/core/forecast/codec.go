package forecast

import (
	"encoding/binary"
	"math"
)

// codec writes numbers to raw, or reads them from it. Both go through the same
// functions, so that they agree.
type codec struct {
	raw     []byte
	read    int // bytes of raw
	reading bool
	bad     bool // what was read is out of range
}

// next reads an unsigned number, and returns 0 if there is none. It is binary.Uvarint, faster
// for numbers of one or two bytes, as most are.
func (k *codec) next() uint64 {
	raw := k.raw[k.read:]
	switch {
	case len(raw) > 0 && raw[0] < 0x80:
		k.read++
		return uint64(raw[0])
	case len(raw) > 1 && raw[1] < 0x80:
		k.read += 2
		return uint64(raw[0]&0x7f) | uint64(raw[1])<<7
	}
	v, n := binary.Uvarint(raw)
	k.bad = k.bad || n <= 0
	k.read += max(n, 0)
	return v
}

// number transfers a number in [low, high].
func (k *codec) number(x *int64, low, high int64) {
	if !k.reading {
		k.raw = binary.AppendVarint(k.raw, *x)
		return
	}
	u := k.next()
	v := int64(u>>1) ^ -int64(u&1)
	if v < low || v > high {
		k.bad, v = true, low
	}
	*x = v
}

// count transfers a number in [0, high].
func (k *codec) count(x *int64, high int64) {
	if !k.reading {
		k.raw = binary.AppendUvarint(k.raw, uint64(*x)) //nolint:gosec // not negative
		return
	}
	v := k.next()
	if v > uint64(high) { //nolint:gosec // not negative
		k.bad, v = true, 0
	}
	*x = int64(v)
}

// size transfers a number in [0, high].
func (k *codec) size(x *int, high int) {
	v := int64(*x)
	k.count(&v, int64(high))
	*x = int(v)
}

// after transfers a number in [last, high] as the difference to last.
func (k *codec) after(x *int64, last, high int64) {
	d := *x - last
	k.count(&d, high-last)
	*x = last + d
}

func (k *codec) point(p *Point) {
	const held, fraction = 1, 2
	var flags int64
	if p.Held {
		flags |= held
	}
	if p.Done != math.Trunc(p.Done) {
		flags |= fraction
	}
	k.count(&flags, held|fraction)
	k.number(&p.At, -most, most)
	k.count(&p.Items, most)
	k.count(&p.Working, mostWorking)
	k.after(&p.Asked, p.Working, mostWorking)
	p.Held = flags&held != 0
	done := int64(p.Done)
	if flags&fraction != 0 {
		done = int64(math.Float64bits(p.Done)) //nolint:gosec // the bits of a number >= 0
	}
	k.count(&done, math.MaxInt64)
	if k.reading {
		p.Done = float64(done)
		if flags&fraction != 0 {
			p.Done = math.Float64frombits(uint64(done)) //nolint:gosec // not negative
		}
		k.bad = k.bad || p.Items == 0 || !(p.Done <= float64(p.Items))
	}
}

func (k *codec) course(c *Course) {
	k.point(&c.First)
	k.point(&c.Last)
	k.count(&c.Count, full)
	k.bad = k.bad || c.Count == 0 || c.Last.At < c.First.At
	k.count(&c.exposure, mostSum)
	k.count(&c.items, mostSum)
	k.count(&c.debt, full)
	k.count(&c.clock, mostTime)
	k.count(&c.idle, full)
	k.count(&c.pending, mostSum)
	k.count(&c.started, full)
	k.size(&c.starts.n, mostStarts)
	var at int64
	for i := range c.starts.n {
		s := &c.starts.list[i]
		k.after(&s.at, at, c.clock)
		k.count(&s.n, mostBegun)
		at = s.at
	}
	k.size(&c.checks.n, mostChecks)
	var last check
	for i := range c.checks.n {
		x := &c.checks.list[i]
		k.after(&x.at, last.at, c.clock)
		k.after(&x.items, last.items, c.items)
		k.after(&x.exposure, last.exposure, c.exposure)
		last = *x
	}
	k.windows(&c.windows)
}

func (k *codec) windows(w *windows) {
	const mostBits = 62
	k.size(&w.n, mostWindows)
	itemBits, exposureBits := int(w.itemBits), int(w.exposureBits)
	k.size(&itemBits, mostBits)
	k.size(&exposureBits, mostBits)
	w.itemBits, w.exposureBits = uint8(itemBits), uint8(exposureBits) //nolint:gosec // at most mostBits
	k.count(&w.width, mostTime)
	k.count(&w.even, mostTime)
	k.count(&w.ticks, full)
	k.count(&w.openItems, math.MaxInt64)
	k.count(&w.openTime, mostTime)
	k.count(&w.openExposure, math.MaxInt64)
	if k.reading {
		k.bad = !k.readList(w.list[:w.n]) || k.bad
		return
	}
	k.writeList(w.list[:w.n])
}

// The numbers of a window, its items and how its exposure differs from that of the window
// before, have at most 14 bits: one or two bytes. There are so many of them that they are not
// written and read as the others are.

func (k *codec) writeList(list []window) {
	raw, last := k.raw, 0
	for _, x := range list {
		raw = appendShort(raw, x.items)
		change := int(x.exposure) - last
		raw = appendShort(raw, uint16(change<<1^change>>63)) //nolint:gosec // at most 14 bits
		last = int(x.exposure)
	}
	k.raw = raw
}

// readList reports whether there were as many windows, whose numbers are in range.
func (k *codec) readList(list []window) bool {
	raw, last := k.raw[k.read:], 0
	for i := range list {
		items, size := short(raw)
		change, size2 := short(raw[size:])
		if last += int(change>>1) ^ -int(change&1); size == 0 || size2 == 0 || last < 0 || last > mostExposure {
			return false
		}
		list[i] = window{items: items, exposure: uint16(last)}
		raw = raw[size+size2:]
	}
	k.read = len(k.raw) - len(raw)
	return true
}

// appendShort appends a number of at most 14 bits as a varint.
func appendShort(raw []byte, v uint16) []byte {
	if v < 1<<7 {
		return append(raw, byte(v))
	}
	return append(raw, byte(v)|1<<7, byte(v>>7)) //nolint:gosec // the low bits, and the others
}

// short reads a varint of one or two bytes and returns its size, or 0 if there is none.
func short(raw []byte) (v uint16, size int) {
	switch {
	case len(raw) > 0 && raw[0] < 1<<7:
		return uint16(raw[0]), 1
	case len(raw) > 1 && raw[1] < 1<<7:
		return uint16(raw[0]&0x7f) | uint16(raw[1])<<7, 2
	}
	return 0, 0
}
