package control_test

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"kubejobs/shared/core/control"
	"kubejobs/shared/core/forecast"
)

// contender is a policy to compare: rule returns one that begins anew with a job.
type contender struct {
	name string
	rule func(j *job, graceful bool) rule
}

// always asks for the maximum.
func always() contender {
	return contender{"always the maximum", func(j *job, _ bool) rule {
		return func(view) int { return j.max }
	}}
}

// ours drives Decide as a tick does. Each minute the course and the memory are written as
// JSON and read again.
func ours(name string, confidence float64) contender {
	return contender{name, func(j *job, graceful bool) rule {
		p := control.Policy{Min: 1, Max: int64(j.max), Confidence: confidence, Graceful: graceful, Hold: 10 * time.Minute}
		var course forecast.Course
		var memory control.Memory
		end := begin.Add(time.Duration(j.deadline * float64(time.Second)))
		ticks := 0
		return func(v view) int {
			point := forecast.Point{
				At:    begin.UnixMilli() + int64(v.at*1000),
				Items: int64(v.items), Done: float64(v.done), Working: int64(v.ready), Asked: int64(v.asked),
			}
			course = course.Fold(point)
			if ticks++; ticks%30 == 0 {
				course, memory = stored(course), stored(memory)
			}
			var d control.Decision
			memory, d = p.Decide(memory, point, course.Model(), end)
			return int(d.Replicas)
		}
	}}
}

var begin = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// stored returns v as it is read back from JSON.
func stored[T any](v T) T {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var back T
	if err := json.Unmarshal(text, &back); err != nil {
		panic(err)
	}
	return back
}

// progressError is the monitor's progress error: the share of the items that are completed
// less the share of the time that has passed.
func progressError(j *job, v view, told float64) float64 {
	return float64(v.done)/float64(v.items) - v.at/(told*j.deadline)
}

// stepwise is the original Controller's default scheduler: one step of so many replicas
// when the progress error is beyond a trigger, each so many ticks.
func stepwise(size int, trigger float64, every int) contender {
	name := fmt.Sprintf("original's default, %d at %v every %d s", size, trigger, every*int(tick))
	return contender{name, func(j *job, _ bool) rule {
		return periodic(j, every, func(v view) int {
			switch e := progressError(j, v, 1); {
			case e > 0 && e >= trigger:
				return max(v.asked-size, 1)
			case e < 0 && -e >= trigger:
				return min(v.asked+size, j.max)
			}
			return v.asked
		})
	}}
}

// gains are those of the original Controller's PID scheduler.
type gains struct{ proportional, integral, derivative float64 }

// pid is the original Controller's PID scheduler. told is the share of the time to the
// deadline that it is told to have.
func pid(g gains, every int, told float64) contender {
	name := fmt.Sprintf("original's PID, %v %v %v every %d s", g.proportional, g.integral, g.derivative, every*int(tick))
	if told != 1 {
		name += fmt.Sprintf(", told %v of the time", told)
	}
	return contender{name, func(j *job, _ bool) rule {
		last, sum := math.NaN(), 0.0
		return periodic(j, every, func(v view) int {
			e := progressError(j, v, told)
			action := -g.proportional * e
			if !math.IsNaN(last) {
				action -= g.derivative * (e - last)
			}
			sum += e
			action -= g.integral * sum
			last = e
			return max(min(v.asked+int(action), j.max), 1)
		})
	}}
}

// periodic starts with half of the maximum and asks decide each so many ticks.
func periodic(j *job, every int, decide rule) rule {
	ticks := -1
	return func(v view) int {
		if ticks++; v.asked == 0 {
			return (j.max + 1) / 2
		} else if ticks%every != 0 {
			return v.asked
		}
		return decide(v)
	}
}

// queueLength is KEDA's way: the items left over a target for each replica, with the
// defaults of the HorizontalPodAutoscaler: nothing is changed by less than a tenth each
// 15 s, and it scales down to the largest number of the last 300 s.
func queueLength(target float64) contender {
	return contender{fmt.Sprintf("queue length over %v", target), func(j *job, _ bool) rule {
		var past []int
		return periodic(j, 7, func(v view) int {
			want := float64(v.items-v.done) / target
			n := max(min(int(math.Ceil(want)), j.max), 1)
			if past = append(past, n); len(past) > 300/14 {
				past = past[1:]
			}
			if math.Abs(want/float64(v.asked)-1) <= .1 {
				return v.asked
			}
			for _, p := range past {
				if n < v.asked {
					n = max(n, min(p, v.asked))
				}
			}
			return n
		})
	}}
}
