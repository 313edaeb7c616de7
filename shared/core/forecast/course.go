package forecast

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
// Fold returns a new value and leaves the old one as it is.
type Course struct {
	First, Last Point
	Count       int64
	Exposure    float64 // replica-seconds
}

// Fold adds a point. A point that is not later than the last one is left out. Done may
// fall: items came back to the queue.
func (c Course) Fold(p Point) Course {
	if c.Count > 0 && p.At <= c.Last.At {
		return c
	}
	if c.Count == 0 {
		c.First = p
	} else if !p.Held {
		c.Exposure += float64(c.Last.Working) * float64(p.At-c.Last.At) / 1000
	}
	c.Last = p
	c.Count++
	return c
}
