package forecast

// window is a span of the course: the items completed and the exposure, both in units
// that the windows share: at most mostItems and mostExposure.
type window struct{ items, exposure uint16 }

const (
	mostWindows  = 256
	mostItems    = 1<<14 - 1
	mostExposure = 1<<13 - 1
	// mostBytes bounds what the windows take up in a text; only huge counts come near it.
	mostBytes = 850
	// gap is how many times as long as the mean tick a tick counts at most, for the
	// width of windows: a gap of hours must not make them hours wide.
	gap = 8
)

// windows divide the course into spans of about the same width. Each ends with a tick, so
// that its count fits its exposure. When there are mostWindows, neighbours are merged
// and the width is doubled. The units of items (1<<itemBits) and exposure
// (1<<exposureBits half replica-milliseconds) are as small as the fullest window
// allows; what a unit cuts off stays in the open window, so that nothing is lost.
type windows struct {
	list                   [mostWindows]window
	n                      int
	itemBits, exposureBits uint8

	width               int64 // milliseconds; 0: one tick
	even, ticks         int64 // milliseconds without gaps, and ticks in them
	openItems, openTime int64
	openExposure        int64
}

// add adds the items and the exposure of a tick of step milliseconds.
func (w *windows) add(items, exposure, step int64) {
	if w.ticks > 0 {
		step = min(step, max(gap*(w.even/w.ticks), 1))
	}
	w.even = min(w.even+step, mostTime)
	w.ticks = min(w.ticks+1, full)
	w.openItems = min(w.openItems+items, full)
	w.openExposure = min(w.openExposure+exposure, full)
	w.openTime = min(w.openTime+step, mostTime)
	if w.openTime < w.width/4*3 {
		return
	}
	if w.n == mostWindows || w.bytes() > mostBytes {
		w.merge()
		w.width = (w.even - w.openTime) / int64(w.n)
		if w.openTime < w.width/4*3 {
			return
		}
	}
	w.shut()
}

// shut ends the open window.
func (w *windows) shut() {
	w.widen(w.openItems>>w.itemBits, w.openExposure>>w.exposureBits)
	items, exposure := w.openItems>>w.itemBits, w.openExposure>>w.exposureBits
	w.list[w.n] = window{items: uint16(items), exposure: uint16(exposure)} //nolint:gosec // within the limits
	w.n++
	w.openItems -= items << w.itemBits
	w.openExposure -= exposure << w.exposureBits
	w.openTime = 0
}

// merge makes one window of each two neighbours.
func (w *windows) merge() {
	var items, exposure uint16
	for i := 0; i+1 < w.n; i += 2 {
		items = max(items, w.list[i].items+w.list[i+1].items)
		exposure = max(exposure, w.list[i].exposure+w.list[i+1].exposure)
	}
	w.widen(int64(items), int64(exposure))
	if w.n%2 == 1 { // the odd one is opened again
		last := w.list[w.n-1]
		w.openItems += int64(last.items) << w.itemBits
		w.openExposure += int64(last.exposure) << w.exposureBits
		w.openTime = min(w.openTime+w.width, mostTime)
	}
	for i := range w.n / 2 {
		a, b := w.list[2*i], w.list[2*i+1]
		w.list[i] = window{items: a.items + b.items, exposure: a.exposure + b.exposure}
	}
	clear(w.list[w.n/2 : w.n])
	w.n /= 2
}

// widen makes the units large enough for a window of so many units of today.
func (w *windows) widen(items, exposure int64) {
	for ; items > mostItems; items /= 2 {
		w.coarsenItems()
	}
	for ; exposure > mostExposure; exposure /= 2 {
		w.coarsenExposure()
	}
}

// coarsenItems doubles the unit of items. A half that is cut off goes to the next window.
func (w *windows) coarsenItems() {
	var cut uint16
	for i := range w.n {
		sum := w.list[i].items + cut
		w.list[i].items, cut = sum/2, sum%2
	}
	w.openItems += int64(cut) << w.itemBits
	w.itemBits++
}

// coarsenExposure does the same to the unit of exposure.
func (w *windows) coarsenExposure() {
	var cut uint16
	for i := range w.n {
		sum := w.list[i].exposure + cut
		w.list[i].exposure, cut = sum/2, sum%2
	}
	w.openExposure += int64(cut) << w.exposureBits
	w.exposureBits++
}

// bytes returns what the list takes up in a text.
func (w *windows) bytes() int {
	size, last := 0, uint16(0)
	for _, x := range w.list[:w.n] {
		size += 2
		if x.items >= 1<<7 {
			size++
		}
		if d := int(x.exposure) - int(last); d < -1<<6 || d >= 1<<6 {
			size++
		}
		last = x.exposure
	}
	return size
}
