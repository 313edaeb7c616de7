package forecast

// Chance is the probability of meeting the deadline with a number of replicas.
type Chance struct {
	Replicas    int64   `json:"replicas"`
	Probability float64 `json:"probability"`
}

// Curve returns the probability of meeting the deadline of a question for at most most
// numbers of replicas, spread evenly from the least to the most that the question allows,
// both included; none while there is not enough data, and for a job that is done.
func Curve(c Course, m *Model, q Question, most int64) []Chance {
	curve := []Chance{}
	if m == nil || c.Last.Done >= float64(c.Last.Items) || most < 2 {
		return curve
	}
	o := NewOutlook(&c, nil, q) // for its time
	ahead := q.Deadline.Sub(o.At)
	steps := min(most-1, q.Most-q.Least)
	for i := range steps + 1 {
		r := q.Least
		if steps > 0 {
			r += (i*(q.Most-q.Least) + steps/2) / steps
		}
		p := m.Within(ahead, Fleet{Replicas: r, Kills: q.Fleet.Kills})
		curve = append(curve, Chance{Replicas: r, Probability: min(max(p, 0), 1)})
	}
	return curve
}
