package control_test

import (
	"strings"
	"testing"
	"time"

	"kubejobs/shared/core/control"
)

// seen is what is observed at a point: how many replicas are asked for and work.
type seen struct{ asked, working int64 }

func TestDecideSomebodyElsesNumber(t *testing.T) {
	t.Parallel()
	// The policy keeps 10 replicas of 12, until deadlines lets it ask for others. Points
	// are 10 s apart, and a number is respected for 60 s.
	ours := seen{10, 10}
	repeat := func(s seen, n int) []seen {
		all := make([]seen, n)
		for i := range all {
			all[i] = s
		}
		return all
	}
	tests := map[string]struct {
		hold   time.Duration
		points []seen
		held   string // by point: - not held, H held
		last   int64  // replicas decided at the last point
	}{
		"nobody else":            {time.Minute, repeat(ours, 4), "----", 10},
		"more":                   {time.Minute, []seen{ours, {11, 10}, {11, 11}}, "-HH", 11},
		"fewer":                  {time.Minute, []seen{ours, {3, 10}, {3, 3}}, "-HH", 3},
		"beyond the maximum":     {time.Minute, []seen{ours, {90, 10}}, "-H", 90},
		"until the hold is over": {time.Minute, append([]seen{ours}, repeat(seen{11, 11}, 8)...), "-HHHHHH--", 11},
		"beyond the maximum until the hold is over": {time.Minute, append([]seen{ours}, repeat(seen{90, 12}, 7)...), "-HHHHHH-", 12},
		"changed once more: respected anew":         {time.Minute, []seen{ours, {11, 10}, {11, 11}, {11, 11}, {12, 11}, {12, 12}, {12, 12}, {12, 12}, {12, 12}, {12, 12}, {12, 12}}, "-HHHHHHHHH-", 12},
		"not noticed":                               {0, []seen{ours, {11, 10}, {11, 11}}, "---", 10},
		"unknown is no change":                      {time.Minute, []seen{ours, {0, 10}, {0, 10}, ours}, "----", 10},
		"respected while unknown":                   {time.Minute, []seen{ours, {11, 10}, {0, 10}, {0, 10}}, "-HHH", 11},
		"another Job of the name":                   {time.Minute, []seen{ours, {4, 0}, {4, 2}, {4, 4}}, "----", 10},
		"none has worked yet":                       {time.Minute, []seen{{10, 0}, {11, 0}}, "-H", 11},
		"what it had before, late":                  {time.Minute, []seen{{4, 4}, ours, {4, 4}, ours}, "----", 10},
		"what it had before, again and again":       {time.Minute, []seen{{4, 4}, ours, {4, 4}, {4, 4}, {4, 4}, {4, 4}}, "-----H", 4},
		"an action that does not happen":            {time.Minute, repeat(seen{4, 4}, 20), strings.Repeat("-", 20), 10},
		"changed before an action happens":          {time.Minute, []seen{{4, 4}, {4, 4}, {5, 5}}, "--H", 5},
		"out of order while respected":              {time.Minute, []seen{ours, {11, 10}, ours, {11, 11}}, "-HHH", 11},
		"taken back while respected":                {time.Minute, []seen{ours, {11, 10}, ours, ours, ours, ours}, "-HHHHH", 10},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := script{
				policy:   control.Policy{Min: 1, Max: 12, Confidence: .9, Hold: tt.hold},
				deadline: begin.Add(time.Hour),
			}
			var held strings.Builder
			var d control.Decision
			for i, o := range tt.points {
				point := steady(int64(10*i), 10)
				point.Done, point.Asked, point.Working = 0, o.asked, o.working
				if i == 0 && o.asked < 10 {
					s.policy.Min = 10
				}
				d = s.decide(point)
				held.WriteByte("-H"[b(d.Held)])
			}
			if held.String() != tt.held || d.Replicas != tt.last {
				t.Errorf("held %s, and %d replicas in the end (%s), want %s and %d", held.String(), d.Replicas, d.Reason, tt.held, tt.last)
			}
			if d.Held && !strings.Contains(d.Reason, "respected until 2026-11-24T12:0") {
				t.Errorf("Reason = %q", d.Reason)
			}
		})
	}
}

func b(v bool) int {
	if v {
		return 1
	}
	return 0
}
