package monitor

import (
	"time"

	"kubejobs/shared/core/failure"
)

// crewIdle is how long a goroutine of a crew waits for another task.
const crewIdle = time.Second

// crew runs tasks beside their callers, on goroutines that it keeps for a while: a new one
// for each task would first have to grow its stack, which takes a twenty-fifth of the
// processor time of a tick.
type crew struct{ tasks chan func() }

func newCrew() crew { return crew{make(chan func())} }

// run runs a task. A panic ends it and its goroutine.
func (c crew) run(task func()) {
	select {
	case c.tasks <- task: // somebody waits for one
	default:
		go func() {
			defer failure.Rescue(func(error) {}) // the task itself reports its panic
			c.work(task)
		}()
	}
}

func (c crew) work(task func()) {
	idle := time.NewTimer(crewIdle)
	defer idle.Stop()
	for {
		task()
		idle.Reset(crewIdle)
		select {
		case task = <-c.tasks:
		case <-idle.C:
			return
		}
	}
}
