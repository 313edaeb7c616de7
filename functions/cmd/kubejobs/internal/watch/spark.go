package watch

import "strings"

// history is how many errors of a job are kept for its sparkline.
const history = 24

// sparks are the heights of a sparkline.
var sparks = []rune("▁▂▃▄▅▆▇█")

// sparkRange is the least range of a sparkline, so that noise around 0 stays low.
const sparkRange = 0.1

// sparkline draws the last width values between the lowest and the highest of them. It has
// that many columns: a blank for each value that is missing. Not a number is a blank too.
func sparkline(values []float64, width int) string {
	values = values[max(len(values)-width, 0):]
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", width-len(values)))
	if len(values) == 0 {
		return b.String()
	}
	low, high := values[0], values[0]
	for _, x := range values {
		low, high = min(low, x), max(high, x)
	}
	if span := high - low; span < sparkRange {
		low -= (sparkRange - span) / 2
		high = low + sparkRange
	}
	top := float64(len(sparks) - 1)
	for _, x := range values {
		share := (x - low) / (high - low)
		if !(share >= 0 && share <= 1) {
			b.WriteByte(' ')
			continue
		}
		b.WriteRune(sparks[int(share*top+.5)])
	}
	return b.String()
}
