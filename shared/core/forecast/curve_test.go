package forecast_test

import (
	"testing"
	"time"

	"kubejobs/shared/core/forecast"
)

func TestCurve(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		items, done, least, most int64
		points                   int
	}{
		"evenly spread":   {1000, 50, 3, 900, 64},
		"every number":    {1000, 50, 3, 12, 10},
		"one number":      {1000, 50, 7, 7, 1},
		"as many as fit":  {1000, 50, 1, 64, 64},
		"one more":        {1000, 50, 1, 65, 64},
		"too little data": {1000, 2, 1, 9, 0},
		"done":            {50, 50, 1, 9, 0},
		"no point":        {50, -1, 1, 9, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, q := even(tt.items, tt.done), ask(300*time.Second)
			q.Least, q.Most = tt.least, tt.most
			m := c.Model()
			curve := forecast.Curve(c, m, q, 64)
			if len(curve) != tt.points {
				t.Fatalf("%d points, want %d: %+v", len(curve), tt.points, curve)
			}
			if tt.points == 0 {
				return
			}
			if first, last := curve[0], curve[len(curve)-1]; first.Replicas != tt.least || last.Replicas != tt.most {
				t.Errorf("from %+v to %+v, want %d to %d replicas", first, last, tt.least, tt.most)
			}
			for i, chance := range curve {
				if i > 0 && chance.Replicas <= curve[i-1].Replicas {
					t.Errorf("%+v follows %+v", chance, curve[i-1])
				}
				q.Fleet.Replicas = chance.Replicas
				if o := forecast.NewOutlook(&c, m, q); o.Miss+chance.Probability < 1-1e-9 || o.Miss+chance.Probability > 1+1e-9 {
					t.Errorf("%+v, but missed with %v", chance, o.Miss)
				}
			}
		})
	}
}
