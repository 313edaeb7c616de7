package publish

import (
	"slices"

	"kubejobs/shared/monitor"
)

// surplus returns the index of the notice to drop if there are too many: the oldest
// of the life that has most of them. The caller holds the lock.
func (l *lane) surplus() int {
	index := 0
	for i, it := range l.queue {
		if l.held[it.life] > l.held[l.queue[index].life] {
			index = i
		}
	}
	return index
}

// drop drops a notice of the queue. The caller holds the lock.
func (l *lane) drop(i int) {
	it := l.queue[i]
	d := l.pending(it, monitor.DeliveryDropped)
	if d.Err == nil {
		d.Err = errDropped
	}
	l.settle(it, d)
	l.queue = slices.Delete(l.queue, i, i+1)
	l.options.Observe(l.publisher.Name(), monitor.DeliveryDropped)
}

// dropOne drops a notice of the queue, if there is one.
func (l *lane) dropOne() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) > 0 {
		l.drop(l.surplus())
	}
}

// length returns how many notices are in the queue.
func (l *lane) length() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue)
}

// load returns how many notices are in memory, and whether the destination has ever
// answered.
func (l *lane) load() (queued int, answered bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue) + l.sending, l.answered
}
