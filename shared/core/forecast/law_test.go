package forecast

import (
	"math"
	"testing"
)

// TestLaws: residual is the integral of survivor, and the mean is 1.
func TestLaws(t *testing.T) {
	t.Parallel()
	for k, l := range laws() {
		for _, x := range []float64{0, .1, .3, .5, 1, 2, 5} {
			integral, h := l.residual(x+64), 1./1024
			for i := range 64 * 1024 {
				integral += l.survivor(x+(float64(i)+.5)*h) * h
			}
			if got := l.residual(x); math.Abs(got-integral) > 1e-4 {
				t.Errorf("%s %d: residual of %v is %v, want %v", l.name, k, x, got, integral)
			}
		}
		if got := l.residual(0); math.Abs(got-1) > 1e-9 {
			t.Errorf("%s %d: mean %v", l.name, k, got)
		}
	}
}

func TestRenewals(t *testing.T) {
	t.Parallel()
	const h, n = 1. / 16, 32 * 16
	erlang := law{ // of two stages: m(u) = u - 1/4 + exp(-4u)/4
		survivor: func(x float64) float64 { return (1 + 2*x) * math.Exp(-2*x) },
	}
	cases := map[string]struct {
		law  law
		want func(u float64) float64
	}{
		"exponential": {laws()[8], func(u float64) float64 { return u }},
		"Erlang":      {erlang, func(u float64) float64 { return u - (1-math.Exp(-4*u))/4 }},
	}
	for name, c := range cases {
		for i, got := range renewals(c.law, h, n) {
			if want := c.want(float64(i) * h); math.Abs(got-want) > 1e-3*(1+want) {
				t.Errorf("%s: m(%v) is %v, want %v", name, float64(i)*h, got, want)
				break
			}
		}
	}
}

// TestShapes compares the tables with what is known of them.
func TestShapes(t *testing.T) {
	t.Parallel()
	for k := range shapes {
		s := &shapes[k]
		end := float64(entries - 1)
		switch {
		case k == 8: // exponential: no bias, independent counts
			for i := range s.bias {
				if math.Abs(s.bias[i]) > 1e-9 || math.Abs(s.spread[i]-1) > 1e-6 || math.Abs(s.haar[i]-1) > 1e-6 {
					t.Errorf("exponential, entry %d: bias %v, spread %v, haar %v", i, s.bias[i], s.spread[i], s.haar[i])
				}
			}
		case k < 4: // light tails settle
			if got, want := s.bias[int(end)], (s.cv2-1)/2; math.Abs(got-want) > .01 {
				t.Errorf("shape %d: bias %v in the end, want %v", k, got, want)
			}
			if got := s.haar[int(end)]; math.Abs(got-s.cv2) > .02 {
				t.Errorf("shape %d: haar %v in the end, want %v", k, got, s.cv2)
			}
		}
		for i := 1; i < entries; i++ {
			if s.left[i] > s.left[i-1] || s.survivor[i] > s.survivor[i-1] || s.residual[i] > s.residual[i-1] {
				t.Errorf("shape %d rises at %d", k, i)
			}
		}
	}
	heavies := 0
	for _, s := range shapes {
		if s.cv2 > heavyFrom {
			heavies++
		}
	}
	if heavies != heavy {
		t.Errorf("%d heavy shapes, want %d", heavies, heavy)
	}
}

func TestTableAt(t *testing.T) {
	t.Parallel()
	var x, falling table
	for i := range x {
		x[i] = 3*gridAt(i) + 1
		falling[i] = -math.Log(gridAt(i))
	}
	cases := map[string]struct{ got, want float64 }{
		"a grid point":   {x.at(1), 4},
		"between":        {x.at(1.1), 4.3},
		"the last":       {x.at(1024), 3073},
		"beyond":         {x.at(1e9), 3073},
		"below":          {x.at(1e-9), 3./64 + 1},
		"zero":           {x.at(0), 3./64 + 1},
		"infinite":       {x.at(math.Inf(1)), 3073},
		"falling, below": {(&tail{table: &falling}).at(1e-4), -math.Log(1e-4)},
	}
	for name, c := range cases {
		if math.Abs(c.got-c.want) > 1e-9 {
			t.Errorf("%s: got %v, want %v", name, c.got, c.want)
		}
	}
}
