package control_test

import (
	"math"
	"slices"
)

// tick is the time between two decisions, in seconds.
const tick = 2.0

// pod is a replica in the simulation. It starts, is idle, holds an item, or drains: it
// completes its item and is removed.
type pod struct {
	ready, draining bool
	item            int     // the item it holds; none if it is negative
	at              float64 // when it becomes ready or completes its item; +Inf if idle
}

// view is what a policy sees at a tick.
type view struct {
	at           float64 // seconds since the start
	items, done  int
	ready, asked int // asked is 0 before the first decision
}

// rule is a policy that is driven with one view a tick and returns the number of replicas.
type rule func(view) int

// run is the state of one simulated job.
type run struct {
	job      *job
	graceful bool
	now      float64
	pods     []pod // in the order of their creation
	queue    []int
	items    int // in all
	done     int
	made     int // pods created so far
	asked    int
	lost     bool // the disturbance has happened
	oracle   int
	out      outcome
}

// outcome is what a simulated job shows.
type outcome struct {
	finish  float64
	seconds float64 // replica-seconds: of every pod, also while it starts and while it is idle
	above   float64 // those of them above the oracle's number
	changes int     // of the number asked for, after the first
}

// simulate runs a job under a rule. The job ends when its items are completed, or after
// twenty times the time to the deadline.
func simulate(j *job, graceful bool, oracle int, decide rule) outcome {
	r := start(j, graceful, oracle)
	for next := 0.0; !r.over(); {
		if i, at := r.event(); at < next {
			r.advance(at)
			r.happen(i)
			continue
		}
		r.advance(next)
		r.tick(decide)
		next += tick
	}
	r.out.finish = r.now
	return r.out
}

// constant runs a job with a constant number of replicas.
func constant(j *job, replicas int) outcome {
	r := start(j, false, replicas)
	for r.scale(replicas); !r.over(); {
		i, at := r.event()
		r.advance(at)
		r.happen(i)
	}
	r.out.finish = r.now
	return r.out
}

func start(j *job, graceful bool, oracle int) *run {
	r := &run{job: j, graceful: graceful, items: j.items, oracle: oracle}
	for i := range j.items {
		r.queue = append(r.queue, i)
	}
	return r
}

func (r *run) over() bool {
	return r.done == r.items || r.job.deadline > 0 && r.now > 20*r.job.deadline
}

// tick shows the rule the job and does what it says.
func (r *run) tick(decide rule) {
	v := view{at: r.now, items: r.items, done: r.done, asked: r.asked}
	for _, p := range r.pods {
		if p.ready {
			v.ready++
		}
	}
	n := decide(v)
	if n != r.asked && r.asked != 0 {
		r.out.changes++
	}
	r.scale(n)
}

// event returns the pod with the next event, and when that is.
func (r *run) event() (int, float64) {
	first, at := -1, math.Inf(1)
	for i := range r.pods {
		if r.pods[i].at < at {
			first, at = i, r.pods[i].at
		}
	}
	return first, at
}

func (r *run) advance(to float64) {
	d := to - r.now
	r.out.seconds += d * float64(len(r.pods))
	r.out.above += d * float64(max(0, len(r.pods)-r.oracle))
	r.now = to
}

// happen lets the pod i become ready or complete its item.
func (r *run) happen(i int) {
	p := &r.pods[i]
	if !p.ready {
		p.ready = true
		r.take(p)
		return
	}
	p.item = -1
	r.done++
	if p.draining {
		r.pods = slices.Delete(r.pods, i, i+1)
	} else {
		r.take(p)
	}
	r.disturb()
}

// take gives the pod the next item of the queue.
func (r *run) take(p *pod) {
	if len(r.queue) == 0 {
		p.item, p.at = -1, math.Inf(1)
		return
	}
	p.item, r.queue = r.queue[0], r.queue[1:]
	p.at = r.now + r.job.times[p.item]
}

// put queues items, at the end, and gives them to pods that are idle.
func (r *run) put(items ...int) {
	r.queue = append(r.queue, items...)
	for i := range r.pods {
		if p := &r.pods[i]; p.ready && p.item < 0 && len(r.queue) > 0 {
			r.take(p)
		}
	}
}

// disturb adds items and loses replicas when it is time to.
func (r *run) disturb() {
	if r.items == r.job.items && 2*r.done >= r.items {
		for i := range r.job.extra {
			r.put(r.job.items + i)
		}
		r.items += r.job.extra
	}
	if r.lost || r.job.loss == 0 || float64(r.done) < r.job.lossAt*float64(r.job.items) {
		return
	}
	r.lost = true
	n := int(math.Round(r.job.loss * float64(len(r.pods))))
	var items []int
	for i := range r.pods { // the oldest
		if p := &r.pods[i]; p.ready && !p.draining && n > 0 {
			n--
			if p.item >= 0 {
				items = append(items, p.item)
			}
			*p = pod{item: -1, at: r.now + lostFor}
		}
	}
	r.put(items...)
}

// scale creates or removes pods. Those that are not ready are removed first, then the
// youngest. An item that a removed pod held is queued again; with graceful removal the pod
// completes it.
func (r *run) scale(n int) {
	r.asked = n
	live := 0
	for _, p := range r.pods {
		if !p.draining {
			live++
		}
	}
	for ; live < n; live++ {
		r.pods = append(r.pods, pod{item: -1, at: r.now + r.job.starts[r.made%len(r.job.starts)]})
		r.made++
	}
	for ; live > n; live-- {
		r.remove(r.victim())
	}
}

// victim returns the pod to remove next.
func (r *run) victim() int {
	youngest := -1
	for i := len(r.pods) - 1; i >= 0; i-- {
		switch p := r.pods[i]; {
		case !p.ready:
			return i
		case !p.draining && youngest < 0:
			youngest = i
		}
	}
	return youngest
}

func (r *run) remove(i int) {
	p := r.pods[i]
	if p.item >= 0 && r.graceful {
		r.pods[i].draining = true
		return
	}
	r.pods = slices.Delete(r.pods, i, i+1)
	if p.item >= 0 {
		r.put(p.item)
	}
}
