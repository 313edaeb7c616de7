package forecast

import "time"

// start is a number of replicas that began to work at a time of the course's clock. A
// start biases the count of items: all of the replicas begin an item at once.
type start struct {
	at int64 // milliseconds
	n  int64 // replicas
}

const (
	mostStarts = 24
	mostBegun  = 8 * mostWorking
)

type starts struct {
	list [mostStarts]start
	n    int
}

// begin adds n replicas that began to work at a time of the clock.
func (c *Course) begin(at, n int64) {
	s := &c.starts
	if s.n > 0 && s.list[s.n-1].at == at {
		s.list[s.n-1].n = min(s.list[s.n-1].n+n, mostBegun)
		return
	}
	if s.n == mostStarts {
		s.join(at)
	}
	s.list[s.n] = start{at: at, n: n}
	s.n++
}

// join makes one start of the two neighbours whose ages at now differ least, by ratio: a
// start's bias changes with the logarithm of its age.
func (s *starts) join(now int64) {
	best, least := 0, 2.
	for i := range s.n - 1 {
		a, b := s.list[i], s.list[i+1]
		if gap := float64(b.at-a.at) / float64(now-a.at+1); gap < least {
			best, least = i, gap
		}
	}
	a, b := s.list[best], s.list[best+1]
	n := min(a.n+b.n, mostBegun)
	a.at += int64(float64(b.at-a.at) * (float64(b.n) / float64(n)))
	a.at, a.n = min(a.at, b.at), n
	s.list[best] = a
	copy(s.list[best+1:], s.list[best+2:])
	s.n--
	s.list[s.n] = start{}
}

// Until a start is measured, a replica takes usualStart to begin to work.
const (
	usualStart   = 11 * time.Second
	longestStart = 10 * time.Minute
)

// StartUp returns how long a replica takes from being asked for until it works: the mean
// of what was measured and of one start of 11 s, at most 10 minutes. By Little's law the
// time that replicas were waited for, divided by the number of those that came, is the
// mean wait. While none comes, it grows.
//
// Worked: 2 replicas came after 10 s each: (11+20)/3 s = 10.3 s.
func (c *Course) StartUp() time.Duration {
	waited := usualStart.Seconds() + float64(c.pending)/2000
	mean := min(waited/float64(1+c.started), longestStart.Seconds())
	return time.Duration(mean * float64(time.Second))
}

// check is the count of items and the exposure (half replica-milliseconds) at a time of
// the clock (milliseconds).
type check struct{ at, items, exposure int64 }

const mostChecks = 16

// checks are counts at times that grow by about √2, from a quarter of the mean item time
// to where the bias of the start no longer tells the shapes of item times apart.
type checks struct {
	list [mostChecks]check
	n    int
}

// check keeps the count if the clock has grown by about √2 since the one kept last.
func (c *Course) check() {
	k := &c.checks
	if k.n > 0 && c.clock < k.list[k.n-1].at+k.list[k.n-1].at/5*2 {
		return
	}
	if k.n == mostChecks {
		mean := float64(c.exposure) / 2 / float64(max(c.items, 1))
		if float64(k.list[0].at) >= mean/4 {
			return
		}
		copy(k.list[:], k.list[1:])
		k.n--
	}
	k.list[k.n] = check{at: c.clock, items: c.items, exposure: c.exposure}
	k.n++
}
