package forecast

import (
	"encoding/binary"
	"math"
)

// codec writes numbers to raw, or reads them from it. Both go through the same
// functions, so that they agree.
type codec struct {
	raw     []byte
	reading bool
	bad     bool // what was read is out of range
}

// short returns the number of one byte that comes next, if it is one.
func (k *codec) short() (v byte, ok bool) {
	if len(k.raw) == 0 || k.raw[0] >= 0x80 {
		return 0, false
	}
	return k.raw[0], true
}

// number transfers a number in [low, high].
func (k *codec) number(x *int64, low, high int64) {
	if !k.reading {
		k.raw = binary.AppendVarint(k.raw, *x)
		return
	}
	if v, ok := k.short(); ok { // most are
		if v := int64(v>>1) ^ -int64(v&1); v >= low && v <= high {
			*x, k.raw = v, k.raw[1:]
			return
		}
	}
	v, n := binary.Varint(k.raw)
	if n <= 0 || v < low || v > high {
		k.bad, v, n = true, low, min(max(n, 0), len(k.raw))
	}
	*x, k.raw = v, k.raw[n:]
}

// count transfers a number in [0, high].
func (k *codec) count(x *int64, high int64) {
	if !k.reading {
		k.raw = binary.AppendUvarint(k.raw, uint64(*x)) //nolint:gosec // not negative
		return
	}
	if v, ok := k.short(); ok && int64(v) <= high {
		*x, k.raw = int64(v), k.raw[1:]
		return
	}
	v, n := binary.Uvarint(k.raw)
	if n <= 0 || v > uint64(high) { //nolint:gosec // not negative
		k.bad, v, n = true, 0, min(max(n, 0), len(k.raw))
	}
	*x, k.raw = int64(v), k.raw[n:]
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
	var last int64
	for i := range w.n {
		x := &w.list[i]
		items, change := int64(x.items), int64(x.exposure)-last
		k.count(&items, mostItems)
		k.number(&change, -last, mostExposure-last)
		last += change
		*x = window{items: uint16(items), exposure: uint16(last)} //nolint:gosec // within the limits
	}
}
