package control_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/control"
	"kubejobs/shared/core/forecast"
)

// steady is a point of a job with 1,000 items of 10 s, after so many seconds with a
// constant number of replicas.
func steady(seconds, replicas int64) forecast.Point {
	return forecast.Point{
		At:    begin.Add(time.Duration(seconds) * time.Second).UnixMilli(),
		Items: 1000, Done: float64(seconds*replicas) / 10, Working: replicas, Asked: replicas,
	}
}

// script drives a policy point after point.
type script struct {
	policy   control.Policy
	deadline time.Time
	course   forecast.Course
	memory   control.Memory
}

func (s *script) decide(point forecast.Point) control.Decision {
	s.course = s.course.Fold(point)
	var d control.Decision
	s.memory, d = s.policy.Decide(stored(s.memory), point, s.course.Model(), s.deadline)
	return d
}

// steadily drives a policy over a steady course of ten replicas, up to and with the last
// second, each 2 s.
func (s *script) steadily(last int64) control.Decision {
	var d control.Decision
	for t := int64(0); t <= last; t += 2 {
		d = s.decide(steady(t, 10))
	}
	return d
}

func TestDecide(t *testing.T) {
	t.Parallel()
	// With ten replicas the job takes 1,000 s.
	tests := map[string]struct {
		policy      control.Policy
		deadline    time.Duration
		seconds     int64
		least, most int64
		reason      string // its beginning
		unreachable bool
	}{
		"starts with half of the maximum": {
			control.Policy{Min: 1, Max: 41, Confidence: .9}, time.Hour, 0, 21, 21, "too little is known: half of the maximum", false,
		},
		"starts with what the job has": {
			control.Policy{Min: 1, Max: 12, Confidence: .9}, time.Hour, 0, 10, 10, "too little is known: 10", false,
		},
		"starts with the minimum at least": {
			control.Policy{Min: 15, Max: 16, Confidence: .9}, time.Hour, 0, 15, 15, "too little is known: 15", false,
		},
		"more where it would be late": {
			control.Policy{Min: 1, Max: 40, Confidence: .9}, 500 * time.Second, 100, 22, 40, "", false,
		},
		"as many where they are enough": {
			control.Policy{Min: 1, Max: 12, Confidence: .9}, 1400 * time.Second, 200, 8, 12, "", false,
		},
		"fewer where they are enough": {
			control.Policy{Min: 1, Max: 12, Confidence: .9}, 2200 * time.Second, 400, 4, 8, "", false,
		},
		"no fewer than the minimum": {
			control.Policy{Min: 3, Max: 12, Confidence: .9}, 100 * time.Hour, 200, 3, 3, "", false,
		},
		"the maximum where not even that is enough": {
			control.Policy{Min: 1, Max: 14, Confidence: .9}, 500 * time.Second, 100, 14, 14, "the deadline cannot be met: ", true,
		},
		"the maximum where the deadline has passed": {
			control.Policy{Min: 1, Max: 14, Confidence: .9}, 100 * time.Second, 100, 14, 14, "the deadline has passed: the maximum", true,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := script{policy: tt.policy, deadline: begin.Add(tt.deadline)}
			d := s.steadily(tt.seconds)
			if d.Replicas < tt.least || d.Replicas > tt.most {
				t.Errorf("%d replicas, want %d to %d (%s)", d.Replicas, tt.least, tt.most, d.Reason)
			}
			if len(d.Reason) < len(tt.reason) || d.Reason[:len(tt.reason)] != tt.reason || d.Reason == "" {
				t.Errorf("Reason = %q, want %q", d.Reason, tt.reason)
			}
			if d.Unreachable != tt.unreachable || d.Held {
				t.Errorf("Unreachable = %v, Held = %v, want %v, false", d.Unreachable, d.Held, tt.unreachable)
			}
		})
	}
}

func TestDecideRaisesToTheLeastThatIsEnough(t *testing.T) {
	t.Parallel()
	const deadline = 1300
	s := script{policy: control.Policy{Min: 1, Max: 60, Confidence: .9}, deadline: begin.Add(deadline * time.Second)}
	last := control.Decision{Replicas: 30}
	done := 0.
	for at := int64(0); at < deadline; at += 2 { // what is decided works, from 400 s on at a third of the speed
		point := steady(at, last.Replicas)
		point.Items, point.Done = 2000, math.Floor(done)
		if done += float64(last.Replicas) / 5; at >= 400 {
			done -= float64(last.Replicas) / 7.5
		}
		before := last.Replicas
		if last = s.decide(point); at < 400 || last.Replicas <= before {
			continue
		}
		within := func(n int64) float64 {
			return s.course.Model().Within(s.deadline.Sub(time.UnixMilli(point.At)), forecast.Fleet{Replicas: n, Kills: true})
		}
		if p := within(before); p >= .9 || !strings.Contains(last.Reason, fmt.Sprintf(" more: P(in time) was %.2f", p)) {
			t.Errorf("%q, P was %v", last.Reason, p)
		}
		if enough, fewer := within(last.Replicas), within(last.Replicas-1); enough < .935 || fewer >= .935 || last.Probability != enough {
			t.Errorf("P = %v (decided with %v), with one less %v, want the least from 0.935", enough, last.Probability, fewer)
		}
		return
	}
	t.Errorf("not raised: %+v, %v items completed", last, done)
}

func TestDecideGraceful(t *testing.T) {
	t.Parallel()
	left := func(n float64, graceful bool) int64 {
		s := script{policy: control.Policy{Min: 2, Max: 40, Confidence: .9, Graceful: graceful}, deadline: begin.Add(1000 * time.Second)}
		s.steadily(980)
		point := steady(990, 10)
		point.Done = 1000 - n
		return s.decide(point).Replicas
	}
	if n := left(6, true); n != 6 {
		t.Errorf("graceful: %d replicas for 6 items", n)
	}
	if n := left(1, true); n != 2 {
		t.Errorf("graceful: %d replicas for 1 item, want the minimum", n)
	}
	if n := left(1, false); n < 10 {
		t.Errorf("killing: %d replicas for 1 item: the one that works on it may be killed", n)
	}
}

func TestDecideIsNotHastyDownwards(t *testing.T) {
	t.Parallel()
	s := script{policy: control.Policy{Min: 1, Max: 30, Confidence: .9}, deadline: begin.Add(600 * time.Second)}
	if d := s.steadily(200); d.Replicas < 20 { // 800 items of 10 s in 400 s
		t.Fatalf("%d replicas, want at least 20", d.Replicas)
	}
	s.deadline = begin.Add(2 * time.Hour) // few replicas are enough from now on
	for at := int64(202); at <= 480; at += 2 {
		switch d := s.decide(steady(at, 10)); {
		case at < 262 && d.Replicas < 20:
			t.Fatalf("%d replicas after %d s: %s", d.Replicas, at-200, d.Reason)
		case at > 460 && d.Replicas >= 20:
			t.Fatalf("still %d replicas after %d s: %s", d.Replicas, at-200, d.Reason)
		}
	}
}

// Near the end, killing costs more than it saves: the item of a killed replica begins
// anew.
func TestDecideKillsNoneNearTheEnd(t *testing.T) {
	t.Parallel()
	s := script{policy: control.Policy{Min: 1, Max: 30, Confidence: .9}, deadline: begin.Add(190 * time.Second)}
	decide := func(at int64) control.Decision {
		point := steady(at, 10)
		point.Items = 300
		return s.decide(point)
	}
	var want int64
	for at := int64(0); at <= 100; at += 2 {
		want = decide(at).Replicas // in the end for 200 items of 10 s in 90 s
	}
	if want < 20 {
		t.Fatalf("%d replicas, want at least 20", want)
	}
	s.deadline = begin.Add(2 * time.Hour) // few replicas are enough from now on
	for at := int64(102); at <= 268; at += 2 {
		if d := decide(at); d.Replicas != want {
			t.Fatalf("%d replicas with %d items left, want %d: %s", d.Replicas, 300-at, want, d.Reason)
		}
	}
}

func TestDecideWithoutProgress(t *testing.T) {
	t.Parallel()
	t.Run("suspended", func(t *testing.T) {
		t.Parallel()
		s := script{policy: control.Policy{Min: 1, Max: 40, Confidence: .9}, deadline: begin.Add(1500 * time.Second)}
		want := s.steadily(200).Replicas
		for t0 := int64(202); t0 < 1600; t0 += 2 {
			point := steady(200, 10)
			point.At, point.Working, point.Held = begin.Add(time.Duration(t0)*time.Second).UnixMilli(), 0, true
			if d := s.decide(point); d.Replicas != want {
				t.Fatalf("%d replicas after %d s, want %d: %s", d.Replicas, t0, want, d.Reason)
			}
		}
	})
	t.Run("the same point again", func(t *testing.T) {
		t.Parallel()
		s := script{policy: control.Policy{Min: 1, Max: 40, Confidence: .9}, deadline: begin.Add(1500 * time.Second)}
		want, memory := s.steadily(200).Replicas, s.memory
		for _, again := range []int64{200, 150, 0, -1 << 50} {
			if d := s.decide(steady(again, 10)); d.Replicas != want {
				t.Errorf("%d replicas at %d s again, want %d", d.Replicas, again, want)
			}
		}
		if diff := cmp.Diff(memory, s.memory); diff != "" {
			t.Errorf("an earlier point changed the memory:\n%s", diff)
		}
	})
}
