package forecast

import "math"

const (
	lowest  = -6 // the tables begin at 1<<lowest …
	octaves = 16 // … and end at 1<<(lowest+octaves); times are in units of the mean item time
	quarter = 4  // entries in an octave
	entries = octaves*quarter + 1
)

// table is a function tabulated at (1+j/4)·2^k, which is found without a logarithm.
type table [entries]float64

// shape is a distribution of item times with mean 1.
type shape struct {
	prior, cv2 float64
	bias       table // m(u)-u, where m is the renewal function
	spread     table // variance of the count in u of a replica in equilibrium, divided by u
	haar       table // variance of the difference of two neighbouring counts, divided by 2u
	survivor   table // P(item time > u)
	residual   table // the integral of survivor from u on
	left       table // -ln(1-residual)
}

// gridAt returns the time of entry i.
func gridAt(i int) float64 {
	return math.Ldexp(1+float64(i%quarter)/quarter, i/quarter+lowest)
}

// place returns the entry below u and how far u is on the way to the next one.
func place(u float64) (i int, rest float64) {
	const mantissa = 52
	bits := math.Float64bits(u)
	i = int(bits>>(mantissa-2)) - (1023+lowest)*quarter
	if i < 0 {
		return 0, 0
	}
	if i >= entries-1 {
		return entries - 2, 1
	}
	return i, float64(bits&(1<<(mantissa-2)-1)) / (1 << (mantissa - 2))
}

// at returns the function at u >= 0 by linear interpolation; beyond its ends it stays.
func (t *table) at(u float64) float64 {
	i, rest := place(u)
	return t[i] + (t[i+1]-t[i])*rest
}

// tail is -ln(1-x) of the residual life of an item: a table or, without one, what the table
// of a shape holds for items that began at most age ago.
type tail struct {
	table *table
	shape *shape
	age   float64
}

// entry returns entry i of the table.
func (t *tail) entry(i int) float64 {
	if t.table != nil {
		return t.table[i]
	}
	y := gridAt(i) + t.age // without what needs an older item
	x := t.shape.residual[i] - t.shape.residual.at(y) + t.shape.survivor.at(y)
	return -math.Log1p(-min(max(x, 0), 1-1e-9))
}

// at returns the function at u > 0: below the table it goes on as -ln u, beyond it as 1/u.
func (t *tail) at(u float64) float64 {
	switch {
	case u < 1./(1<<-lowest):
		return t.entry(0) - math.Log(u*(1<<-lowest))
	case u > 1<<(octaves+lowest):
		return t.entry(entries-1) * (1 << (octaves + lowest)) / u
	}
	i, rest := place(u)
	low := t.entry(i)
	return low + (t.entry(i+1)-low)*rest
}

// tabulated returns the tail with a table in room.
func (t *tail) tabulated(room *table) tail {
	for i := range room {
		room[i] = t.entry(i)
	}
	return tail{table: room}
}
