package control_test

import (
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
			control.Policy{Min: 1, Max: 12, Confidence: .9}, 2200 * time.Second, 200, 4, 7, "", false,
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
	s := script{policy: control.Policy{Min: 1, Max: 40, Confidence: .9}, deadline: begin.Add(600 * time.Second)}
	from := s.steadily(200).Replicas
	if from < 18 {
		t.Fatalf("%d replicas, want at least 18", from)
	}
	s.deadline = begin.Add(2 * time.Hour) // few replicas are enough from now on
	for t0 := int64(202); t0 <= 300; t0 += 2 {
		switch d := s.decide(steady(t0, 10)); {
		case t0 < 260 && d.Replicas != from:
			t.Fatalf("%d replicas after %d s: %s", d.Replicas, t0-200, d.Reason)
		case t0 > 266 && d.Replicas == from:
			t.Fatalf("still %d replicas after %d s: %s", d.Replicas, t0-200, d.Reason)
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
