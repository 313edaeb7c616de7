package publish

import (
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// lanes are the lanes of one publisher. Their number and the notices in them are
// bounded, so that a caller who names many destinations that do not answer fills no
// memory. What has to go is taken from the destinations that hold most.
type lanes struct {
	entry   Entry
	options Options
	log     *slog.Logger
	held    atomic.Int64 // notices in all lanes

	mu            sync.Mutex
	byDestination *simplelru.LRU[string, *lane]
}

func newLanes(e Entry, o Options, log *slog.Logger) *lanes {
	s := &lanes{entry: e, options: o, log: log}
	s.byDestination, _ = simplelru.NewLRU(o.Destinations, func(_ string, l *lane) { l.forget() }) // errs only for a size <= 0
	return s
}

// to returns the lane to a destination, a new one if there is none.
func (s *lanes) to(destination string) *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l, ok := s.byDestination.Get(destination); ok {
		return l
	}
	if s.byDestination.Len() >= s.options.Destinations {
		s.byDestination.Remove(s.leastNeeded())
	}
	l := newLane(s.entry, s.options, s.log, &s.held)
	s.byDestination.Add(destination, l)
	return l
}

// leastNeeded returns the destination to forget: the least recently used one for which
// nothing waits, otherwise one that has never answered, otherwise any; of these, one of
// the host for which most waits. The caller holds the lock.
func (s *lanes) leastNeeded() string {
	destinations := s.byDestination.Keys() // the least recently used is the first
	type group struct {
		host     string
		answered bool
	}
	held := map[group]int{}
	least := group{answered: true}
	groups := make([]group, len(destinations))
	for i, destination := range destinations {
		l, _ := s.byDestination.Peek(destination)
		queued, answered := l.load()
		if queued == 0 {
			return destination
		}
		g := group{hostOf(destination), answered}
		groups[i], held[g] = g, held[g]+queued
		if !g.answered && least.answered || g.answered == least.answered && held[g] > held[least] {
			least = g
		}
	}
	return destinations[slices.Index(groups, least)]
}

// shed drops notices until no more wait than allowed, each from the longest queue.
func (s *lanes) shed() {
	if s.held.Load() <= int64(s.options.Waiting) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.held.Load() > int64(s.options.Waiting) {
		var longest *lane
		most := 0
		for _, l := range s.byDestination.Values() {
			if length := l.length(); length > most {
				longest, most = l, length
			}
		}
		if longest == nil {
			return // the rest is being sent
		}
		longest.dropOne()
	}
}

// all returns the lanes.
func (s *lanes) all() []*lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byDestination.Values()
}

// hostOf returns the host of a destination.
func hostOf(destination string) string {
	if _, rest, ok := strings.Cut(destination, "://"); ok {
		destination = rest
	}
	destination, _, _ = strings.Cut(destination, "/")
	if host, _, err := net.SplitHostPort(destination); err == nil {
		return host
	}
	return destination
}
