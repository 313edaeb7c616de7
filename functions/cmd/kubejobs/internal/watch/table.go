package watch

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"kubejobs/functions/cmd/kubejobs/internal/screen"
	"kubejobs/shared/monitor"
)

// column is one column of the table of several jobs.
type column struct {
	name  string
	right bool // aligned
	// rank says which columns go first if not all fit: the highest.
	rank int
	text func(r *row, now time.Time) string
}

// Widths of columns.
const (
	leastID    = 8
	leastNote  = 16
	columnGap  = 2
	rankOfNote = 9
)

// columns are those of the table, from left to right.
var columns = []column{
	{"JOB", false, 0, func(r *row, _ time.Time) string { return string(r.status.ID) }},
	{"STATE", false, 2, func(r *row, _ time.Time) string { return state(r.status) }},
	{"PROGRESS", false, 4, func(r *row, _ time.Time) string { return wide(r, barWidth) }},
	{"DONE", true, 1, func(r *row, _ time.Time) string { return done(r) }},
	{"DEADLINE", true, 5, func(r *row, now time.Time) string { return clock(&r.status.Deadline, now) }},
	{"P50", true, 6, func(r *row, now time.Time) string { return clock(r.status.Finish, now) }},
	{"MARGIN", true, 3, func(r *row, _ time.Time) string { return margin(r.status.Margin) }},
	{"P(MISS)", true, 3, func(r *row, _ time.Time) string { return miss(r.status) }},
	{"REPLICAS", true, 7, func(r *row, _ time.Time) string { return fleet(r.status) }},
	{"ERROR", false, 8, func(r *row, _ time.Time) string { return trend(r) }},
	{"", false, rankOfNote, func(r *row, _ time.Time) string { return note(r.status) }},
}

// table returns rows as lines of at most width columns, at most height of them: the first
// ones, and how many are left.
func table(rows []*row, more int, now time.Time, width, height int) []string {
	if shown := height - 1; len(rows) > shown || more > 0 {
		shown = max(shown-1, 0)
		more += max(len(rows)-shown, 0)
		rows = rows[:min(len(rows), shown)]
	}
	var lines []string
	cells := [][]string{}
	for _, c := range columns {
		texts := []string{c.name}
		for _, r := range rows {
			texts = append(texts, screen.Printable(c.text(r, now)))
		}
		cells = append(cells, texts)
	}
	widths := fit(cells, width)
	for i := range len(rows) + 1 {
		var parts []string
		for j, c := range columns {
			if widths[j] > 0 {
				parts = append(parts, screen.Pad(cells[j][i], widths[j], c.right))
			}
		}
		lines = append(lines, screen.Cut(strings.TrimRight(strings.Join(parts, strings.Repeat(" ", columnGap)), " "), width))
	}
	if more > 0 {
		lines = append(lines, screen.Cut(fmt.Sprintf("and %d more", more), width))
	}
	return lines
}

// fit returns the widths of the columns: 0 for one that does not fit, nor those of its rank.
func fit(cells [][]string, width int) []int {
	widths := make([]int, len(columns))
	for i, texts := range cells {
		for _, text := range texts {
			widths[i] = max(widths[i], screen.Cells(text))
		}
	}
	total := func() int {
		sum := -columnGap
		for _, w := range widths {
			if w > 0 {
				sum += w + columnGap
			}
		}
		return sum
	}
	last := len(columns) - 1
	if over := total() - width; over > 0 { // a note may be cut
		widths[last] = max(widths[last]-over, min(widths[last], leastNote))
	}
	for rank := rankOfNote; rank > 0 && total() > width; rank-- {
		for i, c := range columns {
			if c.rank == rank {
				widths[i] = 0
			}
		}
	}
	if over := total() - width; over > 0 {
		widths[0] = max(widths[0]-over, min(leastID, width))
	}
	return widths
}

func state(s monitor.Status) string {
	if s.State != "" {
		return s.State
	}
	return string(s.Phase)
}

func wide(r *row, width int) string {
	if p := r.status.Progress; p != nil {
		return "[" + bar(p.Job, p.Time, width) + "]"
	}
	return ""
}

func done(r *row) string {
	if p := r.status.Progress; p != nil {
		return fmt.Sprintf("%.1f %%", 100*p.Job)
	}
	return "-"
}

// clock returns a time of the day, in the zone of now; a date too if it is another day.
func clock(at *time.Time, now time.Time) string {
	if at == nil || at.IsZero() {
		return "-"
	}
	local := at.In(now.Location())
	if local.YearDay() == now.YearDay() && local.Year() == now.Year() {
		return local.Format(time.TimeOnly)
	}
	return local.Format("Jan _2 15:04")
}

// margin returns the seconds from the finish to the deadline with their sign.
func margin(seconds *float64) string {
	if seconds == nil || math.IsNaN(*seconds) {
		return "-"
	}
	s := math.Abs(*seconds)
	sign := "+"
	if *seconds < 0 {
		sign = "-"
	}
	switch {
	case s < 100:
		return fmt.Sprintf("%s%.0f s", sign, s)
	case s < 100*60:
		return fmt.Sprintf("%s%.0f min", sign, s/60)
	case s < 48*3600:
		return fmt.Sprintf("%s%.1f h", sign, s/3600)
	default:
		return fmt.Sprintf("%s%.0f d", sign, min(s/86400, 1e6))
	}
}

func miss(s monitor.Status) string {
	if f := s.Forecast; f != nil && f.Miss != nil {
		return fmt.Sprintf("%.0f %%", 100**f.Miss)
	}
	return "-"
}

func fleet(s monitor.Status) string {
	switch f := s.Forecast; {
	case s.Last == nil:
		return "-"
	case f != nil && f.Asked != nil && *f.Asked != s.Last.Replicas:
		return fmt.Sprintf("%d of %d", s.Last.Replicas, *f.Asked)
	default:
		return strconv.FormatInt(s.Last.Replicas, 10)
	}
}

// trend returns the sparkline of the error and its last value.
func trend(r *row) string {
	p := r.status.Progress
	if p == nil {
		return ""
	}
	const most = 1000 // percent, from which the figure says nothing any more
	value := 100 * p.Error
	if !(math.Abs(value) <= most) {
		return sparkline(r.errors, history)
	}
	return sparkline(r.errors, history) + fmt.Sprintf(" %+.1f", value)
}

// note returns what is wrong with a job, the worst first, or how it ended.
func note(s monitor.Status) string {
	switch {
	case s.EndedAt != nil:
		text, _ := Verdict(s)
		return text
	case len(s.Problems) > 0:
		return s.Problems[0].Text
	default:
		return ""
	}
}
