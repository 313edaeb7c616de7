package scale

import (
	"math"
	"time"
)

// Costs are what was measured, or assumed where it says so. SCALING.md shows where each
// is from.
type Costs struct {
	Tick         time.Duration // CPU of one tick in the functions
	Hand         time.Duration // CPU that the metronome adds to a tick
	Adapter      time.Duration // CPU of PingSource's adapter for one event
	AdapterCores float64       // that the one adapter may use (assumed)
	Thread       time.Duration // CPU of one round of the original's thread (assumed)
	Poll         time.Duration // CPU of one poll by KEDA (assumed)
	StateRedis   time.Duration // time of a single-threaded Redis for one tick
	StateOps     float64       // commands and scripts that a tick sends to the state Redis
	StateBytes   float64       // of a job in the state Redis, after two ticks
	RosterBytes  float64       // of a job's entry for the metronome
	ReadyRate    float64       // PingSources that become Ready a second
	Utilisation  float64       // share of its CPU that an instance should use (assumed)
	CoreHour     float64       // price of a core, $ an hour (assumed)
	GigabyteHour float64       // price of a GB of memory, $ an hour (assumed)
}

// Measured are the costs of the tables.
var Measured = Costs{
	Tick: 300 * time.Microsecond, Hand: 17 * time.Microsecond,
	Adapter: 350 * time.Microsecond, AdapterCores: 4,
	Thread: 5 * time.Millisecond, Poll: time.Millisecond,
	StateRedis: 33 * time.Microsecond, StateOps: 6, StateBytes: 2904, RosterBytes: 129,
	ReadyRate: 21, Utilisation: 0.7, CoreHour: 0.04, GigabyteHour: 0.005,
}

// Way is a way to have jobs observed.
type Way string

// Ways.
const (
	Threads   Way = "thread a job"     // the original: one process
	Polling   Way = "KEDA's polling"   // a ScaledObject a job, polled every period
	PerJob    Way = "PingSource a job" // SCHEDULER=knative
	Metronome Way = "metronome"        // SCHEDULER=metronome
)

// Ways returns all ways.
func Ways() []Way { return []Way{Threads, Polling, PerJob, Metronome} }

// Load is a number of jobs with a period.
type Load struct {
	Jobs   int
	Period time.Duration
}

// Rate returns the ticks a second.
func (l Load) Rate() float64 { return float64(l.Jobs) / l.Period.Seconds() }

// Estimate is what a way costs under a load, on paper.
type Estimate struct {
	SenderCores   float64       // CPU of what sends or polls
	FunctionCores float64       // CPU of the functions
	Instances     float64       // of one core, at Costs.Utilisation
	Objects       int           // in Kubernetes
	Writes        float64       // requests to the API server for a job's start and end
	Reads         float64       // requests to the API server a second while jobs run
	AllReady      time.Duration // from the start of all jobs at once to the last first tick
	Keeps         bool          // whether the sender keeps up with the load
	JobDay        float64       // $ for a job a day
}

// On estimates a way under a load. The metronome keeps up if the jobs of an instant are
// handed out and ticked before the next beat may come, which is early by the jitter, and
// within the time of a beat; as they come all at once, that may need more instances.
//
// Worked: 1,000 jobs every 2 s are 500 ticks/s. With a PingSource each, the adapter takes
// 500 × 0.35 ms = 0.175 cores, the functions 500 × 0.3 ms = 0.15, and the last of the
// PingSources is ready after 1,000 / 21 = 48 s.
func (c Costs) On(w Way, l Load) Estimate {
	rate := l.Rate()
	e := Estimate{FunctionCores: rate * c.Tick.Seconds(), Keeps: true}
	bytes := float64(l.Jobs) * c.StateBytes
	switch w {
	case Threads: // one Python process holds one lock: a core at most; each round asks for the Job
		e.FunctionCores, bytes = 0, 0
		e.SenderCores, e.Reads = rate*c.Thread.Seconds(), rate
		e.Keeps = e.SenderCores <= 1
	case Polling: // each ScaledObject has an HPA, which asks for its metric every 15 s
		e.FunctionCores, bytes = 0, 0
		e.SenderCores, e.Reads = rate*c.Poll.Seconds(), float64(l.Jobs)/15
		e.Objects, e.Writes = 2*l.Jobs, 6
		e.Keeps = e.SenderCores <= c.AdapterCores
	case PerJob: // created, finalizer, status twice; deleted, finalizer
		e.SenderCores = rate * c.Adapter.Seconds()
		e.Objects, e.Writes = l.Jobs, 6
		e.AllReady = time.Duration(float64(l.Jobs) / c.ReadyRate * float64(time.Second)).Round(time.Second)
		e.Keeps = e.SenderCores <= c.AdapterCores
	case Metronome: // a beat a second
		e.SenderCores = rate*c.Hand.Seconds() + c.Adapter.Seconds()
		e.Objects = 1
		e.AllReady = time.Second
		bytes += float64(l.Jobs) * c.RosterBytes
	}
	e.Instances = math.Ceil(e.FunctionCores / c.Utilisation)
	if w == Metronome {
		window := min(l.Period-jitter, beatTimeout).Seconds()
		e.Instances = max(e.Instances, math.Ceil(float64(l.Jobs)*c.Tick.Seconds()/c.Utilisation/beatTimeout.Seconds()))
		e.Keeps = float64(l.Jobs)*max(c.Hand.Seconds(), c.Tick.Seconds()/e.Instances) <= window
	}
	cores := (e.SenderCores + e.FunctionCores) / c.Utilisation
	e.JobDay = 24 * (cores*c.CoreHour + bytes/1e9*c.GigabyteHour) / float64(l.Jobs)
	return e
}

// StateRedises returns how many single-threaded Redis servers a load needs, at the
// utilisation, and the commands a second that they get.
func (c Costs) StateRedises(l Load) (servers, commands float64) {
	return math.Ceil(l.Rate() * c.StateRedis.Seconds() / c.Utilisation), l.Rate() * c.StateOps
}
