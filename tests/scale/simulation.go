package scale

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"kubejobs/shared/monitor"
)

const (
	// jitter is the greatest delay that PingSource's adapter adds to an event.
	jitter = 500 * time.Millisecond
	// instants is how many instants are simulated. The first is left out of the figures.
	instants = 6
	// senders is the default of monitor.MetronomeOptions, with a sink.
	senders = 64
	// beatTimeout is that of shared/monitor/metronome.go.
	beatTimeout = 20 * time.Second
	// hop is the time of a request between two pods, without its work (assumed).
	hop = 2 * time.Millisecond
)

// Outcome is what a simulation saw: how late ticks were sampled after their instant, and
// the share of instants that jobs lost.
type Outcome struct {
	Median, P99 time.Duration
	Lost        float64
}

// servers are cores that serve one piece of work after another, each in the order of
// arrival. Their values are when each is free.
type servers []float64

func newServers(cores float64) *servers {
	s := make(servers, max(1, int(math.Ceil(cores))))
	return &s
}

func (s servers) Len() int           { return len(s) }
func (s servers) Less(i, j int) bool { return s[i] < s[j] }
func (s servers) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }

// Push implements heap.Interface.
func (s *servers) Push(x any) { *s = append(*s, x.(float64)) }

// Pop implements heap.Interface.
func (s *servers) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

// next returns when the next core is free.
func (s servers) next() float64 { return s[0] }

// serve returns when work that arrives at a time is done.
func (s *servers) serve(arrival, work float64) float64 {
	(*s)[0] = max((*s)[0], arrival) + work
	done := (*s)[0]
	heap.Fix(s, 0)
	return done
}

// Simulate plays instants of a load with a way, PerJob or Metronome. The functions have
// as many cores as the paper says.
func (c Costs) Simulate(w Way, l Load, seed uint64) Outcome {
	random := rand.New(rand.NewPCG(seed, uint64(l.Jobs)))
	functions := newServers(c.On(w, l).Instances)
	if w == Metronome {
		return c.simulateMetronome(l, random, functions)
	}
	return c.simulatePerJob(l, random, functions)
}

// simulatePerJob delays each tick by the jitter, lets the adapter send it, and an
// instance take it. One that is sampled after the next instant came adds nothing: it is
// lost.
func (c Costs) simulatePerJob(l Load, random *rand.Rand, functions *servers) Outcome {
	adapter := newServers(c.AdapterCores)
	var late []float64
	lost, period := 0, l.Period.Seconds()
	arrivals := make([]float64, l.Jobs)
	for n := range instants {
		instant := float64(n) * period
		for job := range arrivals {
			arrivals[job] = instant + random.Float64()*jitter.Seconds()
		}
		slices.Sort(arrivals)
		for _, arrival := range arrivals {
			sent := adapter.serve(arrival, c.Adapter.Seconds())
			done := functions.serve(sent+hop.Seconds(), c.Tick.Seconds())
			switch {
			case n == 0:
			case done-instant > period:
				lost++
			default:
				late = append(late, done-instant)
			}
		}
	}
	return outcome(late, lost)
}

// simulateMetronome delays each beat by the jitter. It hands out batches to as many
// instances as senders allow, unless the batches of the instant before are not done.
func (c Costs) simulateMetronome(l Load, random *rand.Rand, functions *servers) Outcome {
	hand := newServers(1) // the instance that took the beat
	var late []float64
	lost, busy := 0, 0.0
	for n := range instants {
		instant := float64(n) * l.Period.Seconds()
		now := instant + random.Float64()*jitter.Seconds()
		if busy > now {
			lost += l.Jobs
			continue
		}
		under := newServers(senders)
		for first := 0; first < l.Jobs; first += monitor.MaxBatch {
			size := min(monitor.MaxBatch, l.Jobs-first)
			sent := hand.serve(max(now, under.next()), float64(size)*c.Hand.Seconds()) + hop.Seconds()
			done := sent
			start := max(sent, functions.next())
			for tick := range size { // a batch is taken by one core, tick after tick
				done = start + float64(tick+1)*c.Tick.Seconds()
				switch {
				case n == 0:
				case done-now > beatTimeout.Seconds():
					lost++
				default:
					late = append(late, done-instant)
				}
			}
			functions.serve(sent, float64(size)*c.Tick.Seconds())
			under.serve(sent, done+hop.Seconds()-sent)
			busy = max(busy, done)
		}
	}
	return outcome(late, lost)
}

func outcome(late []float64, lost int) Outcome {
	if len(late) == 0 {
		return Outcome{Lost: 1}
	}
	slices.Sort(late)
	at := func(share float64) time.Duration {
		return time.Duration(late[int(share*float64(len(late)-1))] * float64(time.Second)).Round(time.Millisecond)
	}
	return Outcome{at(0.5), at(0.99), float64(lost) / float64(lost+len(late))}
}
