package forecast

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestWindowsTellShapes: without the counts after the start, the windows alone tell
// regular items from exponential ones, and those from a few huge ones.
func TestWindowsTellShapes(t *testing.T) {
	t.Parallel()
	item := func(r *rand.Rand, sigma float64) float64 {
		return math.Exp(sigma*r.NormFloat64() - sigma*sigma/2)
	}
	best := func(sigma float64) float64 {
		r := rand.New(rand.NewPCG(5, 5))
		var done []float64
		for range 10 {
			for at := -400.; at < 1000; { // steady at 0
				at += 4 * item(r, sigma)
				done = append(done, at)
			}
		}
		slices.Sort(done)
		first, _ := slices.BinarySearch(done, 0)
		var c Course
		for at := 0.; at <= 1000; at += 2 {
			n, _ := slices.BinarySearch(done, at)
			c = c.Fold(Point{At: int64(1000 * at), Items: 4000, Done: float64(n - first), Working: 10})
		}
		splits := c.splits()
		mean := c.Exposure / float64(c.items)
		levels := c.levels(mean, &splits)
		cv2, most := 0., math.Inf(-1)
		for k := range shapes {
			if l := likely(levels[:], unsplit, &shapes[k], mean); l > most {
				cv2, most = shapes[k].cv2, l
			}
		}
		return cv2
	}
	if got := best(.3); got > .3 {
		t.Errorf("regular items: CV² %v", got)
	}
	if got := best(.833); got < .5 || got > 2.3 {
		t.Errorf("items of CV 1: CV² %v", got)
	}
	if got := best(1.5); got < 3 {
		t.Errorf("huge items: CV² %v", got)
	}
}

// TestWeightsUseTheWindows: the same course without its windows suggests other shapes.
func TestWeightsUseTheWindows(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 6))
	c := slowed(r, 1)
	with := c.Model().parts()[0]
	c.windows = windows{}
	without := c.Model().parts()[0]
	if with.cv2 == without.cv2 && math.Abs(with.weight-without.weight) < 1e-3 {
		t.Errorf("the windows do not matter: %v and %v", with, without)
	}
}

// TestLevels: the levels are what merging the windows of each into those of the next gives.
func TestLevels(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		c := slowed(r, 1+2*r.Float64())
		w := &c.windows
		w.n = r.IntN(w.n + 1)
		splits := c.splits()
		mean := 16 * r.Float64()
		got := c.levels(mean, &splits)
		want := mergedLevels(c, mean, &splits)
		for l := range got {
			if got[l].width = want[l].width; got[l] != want[l] { // a level without two windows has none
				t.Fatalf("%d windows, mean %v, level %d: %+v, want %+v", w.n, mean, l, got[l], want[l])
			}
		}
	}
}

func mergedLevels(c *Course, mean float64, splits *[splitCount]split) (all [9]level) {
	w := &c.windows
	if w.n == 0 {
		return all
	}
	width := float64(w.even-w.openTime) / 1000 / float64(w.n)
	from := int(math.Ceil(min(skipped*mean/width, mostWindows)))
	var spans []span
	for _, x := range w.list[:w.n] {
		spans = append(spans, span{
			items: float64(x.items) * float64(int64(1)<<w.itemBits), exposure: float64(x.exposure) * float64(int64(1)<<w.exposureBits) / 2000,
		})
	}
	for l := range all {
		all[l].width = width
		var merged []span
		for i := 0; i+1 < len(spans); i += 2 {
			a, b := spans[i], spans[i+1]
			if i >= from && width >= mean {
				all[l].add(compare(a.items, a.exposure, b.items, b.exposure, mean), l, i, splits)
			}
			merged = append(merged, span{a.items + b.items, a.exposure + b.exposure})
		}
		spans, from, width = merged, (from+1)/2, width*2
	}
	return all
}

// TestAge: in a run of no age all items have just begun; in an old one age is no limit.
func TestAge(t *testing.T) {
	t.Parallel()
	s := &shapes[6]
	var young, old table
	for age, table := range map[float64]*table{0: &young, 1e6: &old} {
		aged := tail{shape: s, age: age}
		quick := aged.tabulated(table)
		for _, u := range []float64{1e-4, .3, 1, 7.7, 1e5} {
			if got, want := aged.at(u), quick.at(u); got != want {
				t.Errorf("at the age %v, %v: %v, with a table %v", age, u, got, want)
			}
		}
	}
	for i := range young {
		if want := -math.Log1p(-min(s.survivor[i], 1-1e-9)); math.Abs(young[i]-want) > 1e-3*(1+want) {
			t.Errorf("young: %v at %v, want %v", young[i], gridAt(i), want)
		}
		if u := gridAt(i); u < 64 && math.Abs(old[i]-s.left[i]) > .02*(1+s.left[i]) {
			t.Errorf("old: %v at %v, want %v", old[i], u, s.left[i])
		}
	}
	m := slowed(rand.New(rand.NewPCG(1, 1)), 3).Model()
	for _, p := range m.parts() {
		if aged := p.left.table == nil; aged != (p.cv2 > heavyFrom) {
			t.Errorf("shape of CV² %v: aged %v", p.cv2, aged)
		}
	}
}
