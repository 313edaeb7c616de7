package forecast

// part is one shape of item times as the course suggests it.
type part struct {
	weight float64
	mean   float64 // of an item time, seconds
	items  float64 // completions that the mean rests on
	cv2    float64
	left   tail
}

// Model is what a course says about the future. It is immutable.
type Model struct {
	at      int64   // Unix milliseconds of the last point
	left    float64 // items
	working float64 // replicas
	startUp float64 // seconds
	rates   Rates

	kept [len(shapes)]part // the first n are the model's
	n    int
}

func (m *Model) parts() []part { return m.kept[:m.n] }

// tabulated returns the model with tables in rooms where it has none: for many answers.
func (m *Model) tabulated(rooms *[heavy]table) Model {
	t, used := *m, 0
	for i := range t.parts() {
		if t.kept[i].left.table == nil {
			t.kept[i].left = t.kept[i].left.tabulated(&rooms[used])
			used++
		}
	}
	return t
}

const (
	leastItems  = 3
	leastPoints = 3
	// heavy is the number of shapes whose CV² is over heavyFrom.
	heavy     = 5
	heavyFrom = 2
	// A part with less than negligible of the largest weight is left out.
	negligible = .01
)

// Model returns the model of a course as of its last point; nil if there is not enough
// data: fewer than 3 items are completed, or there are fewer than 3 points.
func (c *Course) Model() *Model {
	if c.Count < leastPoints || c.items < leastItems || c.exposure <= 0 {
		return nil
	}
	m := &Model{
		at: c.Last.At, left: float64(c.Last.Items) - c.Last.Done,
		working: float64(c.Last.works()), startUp: c.StartUp().Seconds(),
	}
	c.weigh(m)
	c.rate(m)
	return m
}

// Rates are rates of work.
type Rates struct {
	Now     float64 // items a second, recently
	Mean    float64 // items a second over the run
	Replica float64 // items a second of one replica that works
}

// Rates returns the rates of work.
func (m *Model) Rates() Rates { return m.rates }

// rate sets the rates. Now is what the replicas that work complete at the rate of one.
func (c *Course) rate(m *Model) {
	mean := 0.
	for _, p := range m.parts() {
		mean += p.weight * p.mean
	}
	m.rates.Replica = 1 / mean
	m.rates.Now = m.working / mean
	if run := c.Last.At - c.First.At - c.idle; run > 0 {
		m.rates.Mean = float64(c.items) * 1000 / float64(run)
	}
}
