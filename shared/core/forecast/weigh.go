package forecast

import "math"

const (
	trust       = .7  // of the likelihoods, which take dependent counts for independent
	trustItems  = 400 // completions that halve the trust in the windows: no shape is the true one
	skipped     = 2   // mean item times from the start that the windows leave out
	biasRounds  = 3
	leastShare  = 1. / 4 // of the completions remains when the bias is taken away
	leastSpread = .05
	leastHaar   = 1e-3
	blur        = .1 // of a count, which ends between two completions
	mostSurplus = 12 // (count - expected)²/variance of a check, beyond which it says no more
	// Checks count from firstCheck to lastCheck mean item times.
	firstCheck, lastCheck = .35, 100
	// Neighbouring windows are compared if their exposures differ at most by this factor.
	mostRatio = 4
)

// level is the windows of one width, compared with their neighbours.
type level struct {
	width, pairs float64
	surplus      float64 // Σ (difference)²/expected
	across       [splitCount]pair
}

// pair is a comparison of two windows, in level of the two on both sides of a split.
type pair struct{ n, surplus float64 }

// weigh sets the parts of the model.
func (c *Course) weigh(m *Model) {
	mean := c.Exposure / float64(c.items)
	splits := c.splits()
	levels := c.levels(mean, &splits)
	coarse := trust / (1 + float64(c.items)/trustItems)
	var logs [len(shapes)]float64
	best := math.Inf(-1)
	for k := range shapes {
		s := &shapes[k]
		p := part{cv2: s.cv2, left: tail{table: &s.left}}
		unbiased := c.mean(s, mean)
		p.mean, p.items = unbiased, c.Exposure/unbiased
		logs[k] = math.Log(s.prior)
		until := c.exposure
		at := p.turn(&splits, m.working)
		if at != unsplit {
			logs[k] -= turnCost
			until = int64(splits[at].exposure * 2000)
		}
		logs[k] += coarse*likely(levels[:], at, s, mean) + trust*c.checked(s, unbiased, mean, until)
		best = max(best, logs[k])
		m.kept[k] = p
	}
	n, sum := 0, 0.
	for k, p := range m.kept {
		if p.weight = math.Exp(logs[k] - best); !(p.weight >= negligible) {
			continue
		}
		if p.cv2 > heavyFrom {
			p.left = tail{shape: &shapes[k], age: float64(c.clock) / 1000 / p.mean}
		}
		m.kept[n] = p
		sum += p.weight
		n++
	}
	m.n = n
	for i := range m.parts() {
		m.kept[i].weight /= sum
	}
}

// levels compares neighbouring windows at each width of at least a mean item time. Each two
// neighbours are then one window of the next level.
func (c *Course) levels(mean float64, splits *[splitCount]split) (all [9]level) {
	w := &c.windows
	if w.n == 0 {
		return all
	}
	width := float64(w.even-w.openTime) / 1000 / float64(w.n)
	from := 0
	if width > 0 {
		from = int(math.Ceil(min(skipped*mean/width, mostWindows)))
	}
	var firsts [len(all)]int // the first window that counts, of an even number
	for l := range all {
		all[l].width, firsts[l] = width, (from+1)/2*2
		width *= 2
		from = (from + 1) / 2
	}
	var waits [len(all)]span // for its neighbour
	items, exposure := float64(int64(1)<<w.itemBits), float64(int64(1)<<w.exposureBits)/2000
	for n, x := range w.list[:w.n] {
		now := span{float64(x.items) * items, float64(x.exposure) * exposure}
		for l := range all {
			if n%2 == 0 {
				waits[l] = now
				break
			}
			before := waits[l]
			if n > firsts[l] && all[l].width >= mean {
				all[l].add(compare(before.items, before.exposure, now.items, now.exposure, mean), l, n-1, splits)
			}
			now = span{before.items + now.items, before.exposure + now.exposure}
			n /= 2
		}
	}
	return all
}

// span is the items and the exposure of a window.
type span struct{ items, exposure float64 }

// add adds the comparison of window n of level l with the next one.
func (v *level) add(x pair, l, n int, splits *[splitCount]split) {
	v.pairs += x.n
	v.surplus += x.surplus
	for k := range splits {
		if n<<l < splits[k].windows && splits[k].windows < (n+2)<<l {
			v.across[k] = x
		}
	}
}

// compare compares two neighbouring windows.
func compare(a1, e1, a2, e2, mean float64) pair {
	if e1 <= 0 || e2 <= 0 || e1 > mostRatio*e2 || e2 > mostRatio*e1 {
		return pair{}
	}
	d := a2*e1 - a1*e2 // times 1/√(e1 e2)
	return pair{n: 1, surplus: d * d / (e1 * e2) * mean / (e1 + e2)}
}

// likely returns the logarithm of the likelihood of the windows; those on both sides of a
// split say nothing about the shape.
func likely(levels []level, at int, s *shape, mean float64) float64 {
	sum := 0.
	for i := range levels {
		l := &levels[i]
		n, surplus := l.pairs, l.surplus
		if at != unsplit {
			n, surplus = n-l.across[at].n, surplus-l.across[at].surplus
		}
		if n > 0 {
			haar := max(s.haar.at(l.width/mean), leastHaar)
			sum -= (n*math.Log(haar) + max(surplus, 0)/haar) / 2
		}
	}
	return sum
}

// mean returns the mean item time without the bias of the starts.
func (c *Course) mean(s *shape, first float64) float64 {
	mean, items := first, float64(c.items)
	for range biasRounds {
		mean = c.Exposure / max(items-c.bias(s, c.clock, mean), items*leastShare)
	}
	return mean
}

// bias returns how many items more than at the long-run rate the starts led to until a
// time of the clock.
func (c *Course) bias(s *shape, clock int64, mean float64) float64 {
	sum := 0.
	for i := range c.starts.n {
		if j := &c.starts.list[i]; j.at < clock {
			sum += float64(j.n) * s.bias.at(float64(clock-j.at)/1000/mean)
		}
	}
	return sum
}

// checked returns the logarithm of the likelihood of the counts after the start.
func (c *Course) checked(s *shape, mean, crude float64, until int64) float64 {
	sum, product := 0., 1. // of the variances: a logarithm of each would take most of the time
	var last check
	lastBias := 0.
	for i := range c.checks.n {
		x := c.checks.list[i]
		age := float64(x.at) / 1000 / crude
		if age < firstCheck {
			continue
		}
		if age > lastCheck || x.exposure > until {
			break
		}
		bias := c.bias(s, x.at, mean)
		expected := max(float64(x.exposure-last.exposure)/2000/mean+bias-lastBias, 0)
		spread := max(s.spread.at(float64(x.at-last.at)/1000/mean), leastSpread)
		variance := expected*spread + blur
		d := float64(x.items-last.items) - expected
		sum -= min(d*d/variance, mostSurplus) / 2
		if product *= variance; product > 1e150 || product < 1e-150 {
			sum, product = sum-math.Log(product)/2, 1
		}
		last, lastBias = x, bias
	}
	return sum - math.Log(product)/2
}
