package forecast

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// totals returns what the windows hold, with the open one.
func (w *windows) totals() (items, exposure int64) {
	items, exposure = w.openItems, w.openExposure
	for _, x := range w.list[:w.n] {
		items += int64(x.items) << w.itemBits
		exposure += int64(x.exposure) << w.exposureBits
	}
	return items, exposure
}

func TestWindowsKeepTotals(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	var c Course
	p := Point{Items: most, Working: 7}
	for i := range 20_000 {
		c = c.Fold(p)
		if items, exposure := c.windows.totals(); items != c.items || exposure != c.exposure {
			t.Fatalf("point %d: windows hold %d and %d, want %d and %d", i, items, exposure, c.items, c.exposure)
		}
		if w := c.windows; w.n > mostWindows || i > 1000 && w.n < 64 {
			t.Fatalf("point %d: %d windows", i, w.n)
		}
		p.At += 500 + r.Int64N(10_000)
		p.Done += math.Floor(float64(i) * r.Float64() * 5)
		p.Working = max(0, p.Working+r.Int64N(5)-2)
	}
}

// TestWindowsAfterAGap: a gap of hours leaves the others as narrow as they were.
func TestWindowsAfterAGap(t *testing.T) {
	t.Parallel()
	var c Course
	p := Point{Items: 1 << 20, Working: 5}
	for i := range 400 {
		c = c.Fold(p)
		p.At, p.Done = p.At+2000, p.Done+2
		if i == 100 {
			p.At, p.Done = p.At+10*3600*1000, p.Done+36_000
		}
	}
	if w := c.windows; w.n < 128 || w.width > 8000 {
		t.Errorf("%d windows of %d ms", w.n, w.width)
	}
	if m := c.Model(); math.Abs(m.rates.Replica-.2) > .02 {
		t.Errorf("rate %v, want 0.2", m.rates.Replica)
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	type p = Point
	cases := map[string]struct {
		points   []Point
		exposure float64
		items    int64
		startUp  time.Duration
	}{
		"steady":           {[]p{{0, 9, 0, 2, 2, false}, {1000, 9, 1, 2, 2, false}, {3000, 9, 3, 2, 2, false}}, 6, 3, 11 * time.Second},
		"not later":        {[]p{{1000, 9, 0, 2, 2, false}, {1000, 9, 1, 2, 2, false}, {0, 9, 3, 2, 2, false}}, 0, 0, 11 * time.Second},
		"replicas rise":    {[]p{{0, 9, 0, 2, 4, false}, {1000, 9, 1, 4, 4, false}}, 3, 1, 4 * time.Second},
		"held":             {[]p{{0, 9, 0, 2, 2, false}, {1000, 9, 1, 2, 2, false}, {9000, 9, 5, 2, 2, true}}, 2, 1, 11 * time.Second},
		"nothing works":    {[]p{{0, 9, 0, 0, 0, false}, {1000, 9, 0, 0, 0, false}, {9000, 9, 0, 0, 0, false}}, 0, 0, 11 * time.Second},
		"misread":          {[]p{{0, 9, 4, 2, 2, false}, {1000, 9, 3, 2, 2, false}, {2000, 9, 5, 2, 2, false}}, 4, 1, 11 * time.Second},
		"items came back":  {[]p{{0, 90, 40, 2, 2, false}, {1000, 90, 10, 2, 2, false}, {2000, 90, 20, 2, 2, false}}, 4, 8, 11 * time.Second},
		"items were added": {[]p{{0, 9, 4, 2, 2, false}, {1000, 90, 6, 2, 2, false}}, 2, 2, 11 * time.Second},
		"no number":        {[]p{{0, 9, 4, 2, 2, false}, {1000, 9, math.NaN(), 2, 2, false}, {2000, 9, math.Inf(1), -2, 2, false}}, 3, 5, 12 * time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var course Course
			for _, p := range c.points {
				course = course.Fold(p)
			}
			if course.Exposure != c.exposure || course.items != c.items {
				t.Errorf("exposure %v, items %d, want %v, %d", course.Exposure, course.items, c.exposure, c.items)
			}
			if got := course.StartUp(); got != c.startUp {
				t.Errorf("start-up %v, want %v", got, c.startUp)
			}
		})
	}
}

// TestStartsAreJoined: starts stay bounded, in order, and none is lost.
func TestStartsAreJoined(t *testing.T) {
	t.Parallel()
	var c Course
	for i := range int64(500) {
		c = c.Fold(Point{At: 2000 * i, Items: 1 << 20, Working: i % 50 * 3})
	}
	sum, last := int64(0), int64(-1)
	for _, s := range c.starts.list[:c.starts.n] {
		if s.at <= last {
			t.Errorf("starts out of order: %v", c.starts.list)
		}
		sum, last = sum+s.n, s.at
	}
	if sum != 500/50*49*3 {
		t.Errorf("%d replicas started, want %d", sum, 500/50*49*3)
	}
}

// TestLargestText: every number takes as many bytes as it may.
func TestLargestText(t *testing.T) {
	t.Parallel()
	p := Point{At: most, Items: most, Done: most - .25, Working: 1 << 23, Asked: mostWorking, Held: true}
	c := Course{
		First: p, Last: p, Count: full, exposure: mostSum, items: mostSum, debt: mostWorking, clock: mostTime,
		idle: full, pending: mostSum, started: full,
	}
	for i := range int64(mostStarts) {
		c.starts.list[i] = start{at: mostTime / mostStarts * (i + 1), n: mostBegun}
	}
	for i := range int64(mostChecks) {
		share := mostSum / mostChecks * (i + 1)
		c.checks.list[i] = check{at: mostTime / mostChecks * (i + 1), items: share, exposure: share}
	}
	c.starts.n, c.checks.n = mostStarts, mostChecks
	w := &c.windows
	w.width, w.even, w.ticks, w.openItems, w.openTime, w.openExposure = mostTime, mostTime, full, full, mostTime, full
	for i := 0; w.bytes() <= mostBytes; i++ {
		w.list[w.n] = window{items: mostItems, exposure: uint16(i % 2 * mostExposure)}
		w.n++
	}
	text, err := c.MarshalText()
	if err != nil || len(text) > mostText {
		t.Errorf("%d characters, want at most %d; %v", len(text), mostText, err)
	}
	c.Exposure = mostSum / 2000.
	var back Course
	if err := back.UnmarshalText(text); err != nil || back != c {
		t.Errorf("not the same: %v", err)
	}
}
