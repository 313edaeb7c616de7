package start

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

const (
	// submissionLayout is the format of a time in Asperathos: one to six digits of a
	// second, then a literal "GMT".
	submissionLayout = "2006-01-02T15:04:05.999999999GMT"
	// submissionFormat describes it for an error.
	submissionFormat = "YYYY-MM-DDTHH:MM:SS.ffffffGMT, such as 2026-11-24T05:41:07.390079GMT"

	firstYear = 1970 // the start of Unix time
	lastYear  = 9000 // with a year added, still four digits
)

// moment reads a time in the format of Asperathos.
func (r *reader) moment(field string, rules Rules) time.Time {
	if r.object[field] == nil {
		return time.Time{}
	}
	text, _ := r.object[field].(string)
	wall, err := time.Parse(submissionLayout, text)
	switch _, other := time.Parse(time.RFC3339, text); {
	case err == nil && fractional(text):
	case isNumber(r.object[field]):
		r.wrong(field, submissionFormat+" (a text, not a Unix time)")
		return time.Time{}
	case other == nil:
		r.wrong(field, submissionFormat+" (one to six digits of a second and GMT, not RFC 3339)")
		return time.Time{}
	default:
		r.wrong(field, submissionFormat)
		return time.Time{}
	}
	value := resolve(wall, rules.Zone, rules.Now)
	if year := value.UTC().Year(); year < firstYear || year > lastYear {
		r.wrong(field, fmt.Sprintf("a time from %d to %d", firstYear, lastYear))
		return time.Time{}
	}
	return value
}

func isNumber(value any) bool {
	_, ok := value.(json.Number)
	return ok
}

// fractional reports whether a parsed time has one to six digits after its point,
// as Python's %f requires; Go also accepts none and more.
func fractional(text string) bool {
	digits := len(text) - len("2006-01-02T15:04:05.GMT")
	return digits >= 1 && digits <= 6 && text[len("2006-01-02T15:04:05")] == '.'
}

// resolve returns the instant at which the clocks of zone show wall, a time in UTC
// that stands for what a clock shows. When clocks are put back they show a time
// twice, and when they are put forward they skip times, which are then read by the
// clock before the change and by the one after it. Of two readings, resolve returns
// the one nearest to now and not after it; if both are after now, the earlier.
func resolve(wall time.Time, zone *time.Location, now time.Time) time.Time {
	readings := shownBy(wall, zone)
	slices.SortFunc(readings, time.Time.Compare)
	chosen := readings[0]
	for _, reading := range readings[1:] {
		if !reading.After(now) {
			chosen = reading
		}
	}
	return chosen
}

// shownBy returns the instants at which the clocks of zone show wall; if they skip
// it, its readings by the clock before and after the change.
func shownBy(wall time.Time, zone *time.Location) []time.Time {
	const span = 36 * time.Hour // longer than any difference to UTC with any change of it
	var shown, skipped []time.Time
	for at := wall.Add(-span).In(zone); ; {
		_, end := at.ZoneBounds()
		_, offset := at.Zone()
		reading := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if _, actual := reading.Zone(); actual == offset {
			shown = append(shown, reading)
		}
		if end.IsZero() || end.After(wall.Add(span)) {
			break
		}
		_, following := end.Zone()
		after := wall.Add(-time.Duration(following) * time.Second).In(zone)
		if !reading.Before(end) && after.Before(end) {
			skipped = append(skipped, reading, after)
		}
		at = end
	}
	if len(shown) == 0 {
		return skipped
	}
	return shown
}
