package forecast

import "math"

// A law is a distribution of item times with mean 1: the probability that an item takes
// longer than x, and the equilibrium residual life, the integral of that from x on.
type law struct {
	name     string
	prior    float64
	cv2      float64
	survivor func(x float64) float64
	residual func(x float64) float64
}

// laws are the shapes of item times that the forecast weighs.
func laws() []law {
	var all []law
	for _, l := range []struct{ sigma, prior float64 }{
		{.15, .5}, {.3, 1}, {.5, 1}, {.75, 1}, {1, 1}, {1.25, 1.2}, {1.5, 1.5}, {1.75, 1.5},
	} {
		all = append(all, lognormal(l.sigma, l.prior))
	}
	all = append(all, law{
		name: "exponential", prior: 2.2, cv2: 1,
		survivor: func(x float64) float64 { return math.Exp(-x) },
		residual: func(x float64) float64 { return math.Exp(-x) },
	})
	for _, p := range []struct{ alpha, prior float64 }{{1.8, .7}, {2.2, 2.2}, {3, 1}} {
		all = append(all, pareto(p.alpha, p.prior))
	}
	return all
}

func lognormal(s, prior float64) law {
	above := func(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }
	survivor := func(x float64) float64 {
		if x <= 0 {
			return 1
		}
		return above((math.Log(x) + s*s/2) / s)
	}
	return law{
		name: "lognormal", prior: prior, cv2: math.Expm1(s * s), survivor: survivor,
		residual: func(x float64) float64 {
			if x <= 0 {
				return 1
			}
			return above((math.Log(x)-s*s/2)/s) - x*survivor(x)
		},
	}
}

func pareto(a, prior float64) law {
	least := (a - 1) / a
	cv2 := 4. // the variance is infinite up to 2
	if a > 2 {
		cv2 = 1 / (a * (a - 2))
	}
	return law{
		name: "pareto", prior: prior, cv2: cv2,
		survivor: func(x float64) float64 {
			if x <= least {
				return 1
			}
			return math.Pow(least/x, a)
		},
		residual: func(x float64) float64 {
			if x <= least {
				return 1 - x
			}
			return math.Pow(least/x, a-1) / a
		},
	}
}

// renewals returns m at 0, h, 2h, … nh, by Xie's recursion: the mean number of items
// that one replica completes in a time, if it begins with a new item.
func renewals(l law, h float64, n int) []float64 {
	mid := make([]float64, n) // F((k+½)h)
	for k := range mid {
		mid[k] = 1 - l.survivor((float64(k)+.5)*h)
	}
	m := make([]float64, n+1)
	step := make([]float64, n+1)
	for i := 1; i <= n; i++ {
		sum := 1 - l.survivor(float64(i)*h)
		for j := 1; j < i; j++ {
			sum += step[j] * mid[i-j]
		}
		m[i] = (sum - m[i-1]*mid[0]) / (1 - mid[0])
		step[i] = m[i] - m[i-1]
	}
	return m
}

// bias is m(u)-u: how many items more than the long-run rate says.
type bias struct {
	h    float64
	b, v []float64 // at multiples of h; v is the integral of b
}

// newBias tabulates the bias up to nh. The recursion treats the item time as if it were
// rounded, which shifts its mean a little: the bias is taken against that mean, else
// it would drift.
func newBias(l law, h float64, n int) bias {
	m := renewals(l, h, n)
	x := bias{h: h, b: make([]float64, n+1), v: make([]float64, n+1)}
	mean := 0.
	for k := range 1 << 20 {
		mean += l.survivor((float64(k)+.5)*h) * h
	}
	mean += l.residual(float64(1<<20) * h)
	for i := 1; i <= n; i++ {
		x.b[i] = m[i] - float64(i)*h/mean
		x.v[i] = x.v[i-1] + (x.b[i]+x.b[i-1])/2*h
	}
	return x
}

// at returns the bias at u and its integral up to u; beyond the table the bias stays.
func (x bias) at(u float64) (b, v float64) {
	i := min(int(u/x.h), len(x.b)-2)
	b0, b1 := x.b[i], x.b[i+1]
	rest := u - float64(i)*x.h
	if rest > x.h { // beyond
		return b1, x.v[i+1] + b1*(rest-x.h)
	}
	b = b0 + (b1-b0)*rest/x.h
	return b, x.v[i] + (b0+b)/2*rest
}

// tabulated is one shape's tables.
func tabulated(l law) shape {
	fine := newBias(l, 1./16, 128*16)
	coarse := newBias(l, .5, 2*2048)
	jump, jumpV := fine.at(128)
	coarseB, coarseV := coarse.at(128)
	at := func(u float64) (b, v float64) {
		if u <= 128 {
			return fine.at(u)
		}
		b, v = coarse.at(u)
		return b + jump - coarseB, v - coarseV + jumpV + (jump-coarseB)*(u-128)
	}
	s := shape{prior: l.prior, cv2: l.cv2}
	for i := range s.bias {
		u := gridAt(i)
		b, v := at(u)
		_, v2 := at(2 * u)
		variance, variance2 := 2*v+u, 2*v2+2*u // of the count in u and 2u of a replica in equilibrium
		s.bias[i] = b
		s.spread[i] = variance / u
		s.haar[i] = (4*variance - variance2) / (2 * u)
		s.survivor[i] = l.survivor(u)
		s.residual[i] = l.residual(u)
		s.left[i] = -math.Log1p(-l.residual(u))
	}
	return s
}
