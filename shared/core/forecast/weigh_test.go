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
