package forecast

import "math"

// split is a division of the run into a former and a later span.
type split struct {
	items, exposure, laterItems, laterExposure float64
	windows                                    int // in the former
}

const (
	turned     = 3.2
	turnItems  = 2  // mean item times that a span must have: items are completed in waves
	turnCost   = 3. // of a change of rate, in logarithms
	splitCount = 4
	unsplit    = -1
)

// splits divides the run before its last .5, .3, .18 and .1.
func (c *Course) splits() (all [splitCount]split) {
	w := &c.windows
	items, exposure := float64(int64(1)<<w.itemBits), float64(int64(1)<<w.exposureBits)/2000
	a, e := float64(w.openItems), float64(w.openExposure)/2000
	i := w.n
	for k, share := range [...]float64{.1, .18, .3, .5} {
		for later := int(math.Round(float64(w.n) * share)); i > w.n-later; {
			i--
			a += float64(w.list[i].items) * items
			e += float64(w.list[i].exposure) * exposure
		}
		all[k] = split{items: float64(c.items) - a, exposure: c.Exposure - e, laterItems: a, laterExposure: e, windows: i}
	}
	return all
}

// turn takes the mean from the later span if it contradicts the former one, and returns
// the split; else unsplit.
func (p *part) turn(splits *[splitCount]split, working float64) int {
	most, at := turned, unsplit
	for i, s := range splits {
		if s.items <= 0 || min(s.exposure, s.laterExposure) <= turnItems*working*p.mean {
			continue
		}
		expected := s.laterExposure * s.items / s.exposure
		z := math.Abs(s.laterItems-expected) / math.Sqrt((p.cv2+.1)*expected*(1+s.laterExposure/s.exposure))
		if z > most {
			most, at = z, i
		}
	}
	if at != unsplit {
		s := splits[at]
		p.mean = (s.laterExposure + p.mean) / (s.laterItems + 1)
		p.items = s.laterItems + 1
	}
	return at
}
