package forecast

import "math"

const (
	trust       = .7  // of the likelihoods, which take dependent counts for independent
	trustItems  = 400 // completions that halve the trust in the windows: no shape is the true one
	skipped     = 2   // mean item times from the start that the windows leave out
	biasRounds  = 3
	leastShare  = 1. / 4 // of the completions remains when the bias is taken away
	leastSpread = .05
	blur        = .1 // of a count, which ends between two completions
	mostSurplus = 12 // (count - expected)²/variance of a check, beyond which it says no more
	turned      = 3.2
	// Neighbouring windows are compared if their exposures differ at most by this factor.
	mostRatio = 4
)

// level is the windows of one width, compared with their neighbours.
type level struct {
	width, pairs float64
	surplus      float64 // Σ (difference)²/expected
}

// split is a division of the run into a former and a later span.
type split struct{ items, exposure, laterItems, laterExposure float64 }

// weigh sets the parts of the model.
func (c *Course) weigh(m *Model) {
	mean := c.Exposure / float64(c.items)
	levels := c.levels(mean)
	splits := c.splits()
	coarse := trust / (1 + float64(c.items)/trustItems)
	var logs [len(shapes)]float64
	best := math.Inf(-1)
	for k := range shapes {
		s := &shapes[k]
		p := part{cv2: s.cv2, left: &s.left}
		p.mean = c.mean(s, mean)
		p.items = c.Exposure / p.mean
		logs[k] = math.Log(s.prior) + coarse*likely(levels[:], s, mean) + trust*c.checked(s, p.mean, mean)
		best = max(best, logs[k])
		p.turn(splits[:])
		m.kept[k] = p
	}
	n, sum, aged := 0, 0., 0
	for k, p := range m.kept {
		if p.weight = math.Exp(logs[k] - best); !(p.weight >= negligible) {
			continue
		}
		if p.cv2 > heavyFrom {
			m.aged[aged].age(&shapes[k], float64(c.clock)/1000/p.mean)
			p.left = &m.aged[aged]
			aged++
		}
		m.kept[n] = p
		sum += p.weight
		n++
	}
	m.parts = m.kept[:n]
	for i := range m.parts {
		m.parts[i].weight /= sum
	}
}

// levels compares neighbouring windows at each width of at least a mean item time.
func (c *Course) levels(mean float64) (all [9]level) {
	w := &c.windows
	if w.n == 0 {
		return all
	}
	width := float64(w.even-w.openTime) / 1000 / float64(w.n)
	from := 0
	if width > 0 {
		from = int(math.Ceil(min(skipped*mean/width, mostWindows)))
	}
	list := w.list
	n := w.n
	items, exposure := float64(int64(1)<<w.itemBits), float64(int64(1)<<w.exposureBits)/2000
	var a, e [mostWindows]float64
	for i := range n {
		a[i], e[i] = float64(list[i].items)*items, float64(list[i].exposure)*exposure
	}
	for l := range all {
		if n < 2 {
			break
		}
		all[l].width = width
		for i := (from + 1) / 2 * 2; i+1 < n && width >= mean; i += 2 {
			all[l].compare(a[i], e[i], a[i+1], e[i+1], mean)
		}
		n /= 2
		from = (from + 1) / 2
		width *= 2
		for i := range n {
			a[i], e[i] = a[2*i]+a[2*i+1], e[2*i]+e[2*i+1]
		}
	}
	return all
}

// compare adds two neighbouring windows.
func (l *level) compare(a1, e1, a2, e2, mean float64) {
	if e1 <= 0 || e2 <= 0 || e1 > mostRatio*e2 || e2 > mostRatio*e1 {
		return
	}
	d := a2*e1 - a1*e2 // times 1/√(e1 e2)
	l.pairs++
	l.surplus += d * d / (e1 * e2) * mean / (e1 + e2)
}

// likely returns the logarithm of the likelihood of the windows.
func likely(levels []level, s *shape, mean float64) float64 {
	sum := 0.
	for i := range levels {
		if l := &levels[i]; l.pairs > 0 {
			haar := max(s.haar.at(l.width/mean), 1e-3)
			sum -= (l.pairs*math.Log(haar) + l.surplus/haar) / 2
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
func (c *Course) checked(s *shape, mean, crude float64) float64 {
	sum := 0.
	var last check
	lastBias := 0.
	for i := range c.checks.n {
		x := c.checks.list[i]
		age := float64(x.at) / 1000 / crude
		if age < .35 {
			continue
		}
		if age > 24 {
			break
		}
		bias := c.bias(s, x.at, mean)
		expected := max(float64(x.exposure-last.exposure)/2000/mean+bias-lastBias, 0)
		spread := max(s.spread.at(float64(x.at-last.at)/1000/mean), leastSpread)
		variance := expected*spread + blur
		d := float64(x.items-last.items) - expected
		sum -= (math.Log(variance) + min(d*d/variance, mostSurplus)) / 2
		last, lastBias = x, bias
	}
	return sum
}

// splits divides the run before its last .5, .3, .18 and .1.
func (c *Course) splits() (all [4]split) {
	w := &c.windows
	items, exposure := float64(int64(1)<<w.itemBits), float64(int64(1)<<w.exposureBits)/2000
	a, e := float64(w.openItems), float64(w.openExposure)/2000
	i := w.n
	for k, share := range [...]float64{.1, .18, .3, .5} {
		for later := int(math.Round(float64(w.n) * share)); i > w.n-later; {
			i--
			a += float64(w.list[i].items) * items
			e += float64(w.list[i].exposure) * exposure
		}
		all[k] = split{items: float64(c.items) - a, exposure: c.Exposure - e, laterItems: a, laterExposure: e}
	}
	return all
}

// turn takes the mean from the later span if it contradicts the former one.
func (p *part) turn(splits []split) {
	most, at := turned, -1
	for i, s := range splits {
		if s.exposure <= 0 || s.laterExposure <= 0 || s.items <= 0 {
			continue
		}
		expected := s.laterExposure * s.items / s.exposure
		z := math.Abs(s.laterItems-expected) / math.Sqrt((p.cv2+.1)*expected*(1+s.laterExposure/s.exposure))
		if z > most {
			most, at = z, i
		}
	}
	if at >= 0 {
		s := splits[at]
		p.mean = (s.laterExposure + p.mean) / (s.laterItems + 1)
		p.items = s.laterItems + 1
	}
}

// age sets t to left for items that began at most age ago: -ln(1-x) of the residual
// without what needs an older item.
func (t *table) age(s *shape, age float64) {
	for i := range t {
		y := gridAt(i) + age
		x := s.residual[i] - s.residual.at(y) + s.survivor.at(y)
		t[i] = -math.Log1p(-min(max(x, 0), 1-1e-9))
	}
}
