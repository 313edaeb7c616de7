package forecast

import "math"

// Point is what one tick says about the course of a job.
type Point struct {
	At      int64   // Unix milliseconds
	Items   int64   // number of items in all, > 0; it may grow
	Done    float64 // items completed, 0 to Items
	Working int64   // replicas that work
	Asked   int64   // replicas asked for; below Working it counts as Working
	Held    bool    // the job is suspended: the time since the point before is no exposure
}

// Course is the folded course of one life of a job: what a forecast needs, in at most
// 2 KB of JSON however long the job runs. The zero value is a course without points.
// Courses are equal if == says so.
type Course struct {
	First, Last Point
	Count       int64   // points
	Exposure    float64 // replica-seconds: the time that all replicas worked, added up

	exposure int64 // Exposure in half replica-milliseconds, which is exact
	items    int64 // items completed in that time
	debt     int64 // items whose completion was counted already: Done fell below them
	clock    int64 // milliseconds in which at least one replica worked
	idle     int64 // milliseconds in which the job was suspended

	pending int64 // half replica-milliseconds in which replicas asked for did not work
	started int64 // replicas that began to work

	starts  starts
	checks  checks
	windows windows
}

const (
	most        = 1 << 53 // items, and milliseconds from 1970: what a float64 counts exactly
	mostWorking = 1 << 24
	longest     = 1 << 36 // milliseconds between two points: two years
	mostTime    = 1 << 42 // milliseconds of the clock: 139 years
	mostSum     = 1 << 55 // items, and half replica-milliseconds: half a million replica-years
	full        = 1 << 62 // where other sums stop growing
)

// Fold returns the course with one more point, as Add adds it.
func (c Course) Fold(p Point) Course {
	c.Add(p)
	return c
}

// Add adds a point. A point that is not later than the last one is left out. Done may
// fall: items came back to the queue.
//
// A point's numbers that are out of range count as the nearest ones that are in it.
// Between two points the number of working replicas counts as their average: when
// replicas start or stop between two ticks, half of the time is right on average.
func (c *Course) Add(p Point) {
	p = p.clean(c.Last)
	if c.Count == 0 {
		c.First, c.Last, c.Count = p, p, 1
		if p.works() > 0 {
			c.begin(0, p.works())
		}
		return
	}
	last := c.Last
	if p.At <= last.At {
		return
	}
	c.Last = p
	c.Count = min(c.Count+1, full)
	step := min(p.At-last.At, longest)
	if p.Held {
		c.idle = min(c.idle+step, full)
		return
	}
	before, now := last.works(), p.works()
	c.pending = min(c.pending+(last.Asked-before+p.Asked-now)*step, mostSum)
	n := c.completed(last, p)
	c.items = min(c.items+n, mostSum)
	if before+now == 0 {
		c.windows.openItems = min(c.windows.openItems+n, full)
		return
	}
	if now > before {
		c.started = min(c.started+now-before, full)
		c.begin(min(c.clock+step/2, mostTime), now-before)
	}
	c.clock = min(c.clock+step, mostTime)
	exposure := min((before+now)*step, mostSum)
	c.exposure = min(c.exposure+exposure, mostSum)
	c.Exposure = float64(c.exposure) / 2000
	c.windows.add(n, exposure, step)
	c.check()
}

// completed returns how many items were completed from one point to the next. After Done
// has fallen, as many items as there are replicas are not counted again: a tick that
// reads the queue while items move may miss so many. More than those came back, and
// are completed once more.
func (c *Course) completed(last, p Point) int64 {
	n := int64(math.Round(p.Done)) - int64(math.Round(last.Done))
	if n < 0 {
		c.debt = min(c.debt-n, max(last.works(), p.works()))
		return 0
	}
	paid := min(n, c.debt)
	c.debt -= paid
	return n - paid
}

// clean returns the point with each number in its range; a Done that is no number is the
// one of the point before.
func (p Point) clean(last Point) Point {
	p.At = min(max(p.At, -most), most)
	p.Items = min(max(p.Items, 1), most)
	if math.IsNaN(p.Done) {
		p.Done = last.Done
	}
	p.Done = min(max(p.Done, 0), float64(p.Items))
	p.Working = min(max(p.Working, 0), mostWorking)
	p.Asked = min(max(p.Asked, p.Working), mostWorking)
	return p
}

// works returns the number of replicas that work; none while the job is suspended.
func (p Point) works() int64 {
	if p.Held {
		return 0
	}
	return p.Working
}
