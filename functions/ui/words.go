package ui

import (
	"errors"
	"fmt"
	"html/template"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// unknown is shown for what is not known.
const unknown = "–"

// words are the functions of the templates.
var words = template.FuncMap{
	"state": func(name any) string { return spoken(fmt.Sprint(name)) }, "note": note, "tone": tone, "utc": utc, "rfc3339": rfc3339, "named": named, "unix": unix, "input": newInput,
	"count": countOf, "percent": percent, "chance": chance, "span": span, "whole": whole, "millis": millisOf, "perSecond": rate,
	"points": points, "margin": margin, "late": late, "done": done, "gone": gone, "shareDone": shareDone, "shareGone": shareGone,
	"items": items, "miss": miss, "replicas": replicas, "needed": needed, "rate": rateNow, "meanRate": meanRate,
	"when": when, "p10": p10, "p90": p90, "newestFirst": newestFirst, "met": met, "verdict": verdict, "off": off, "len64": changesLength,
}

// spoken returns a state or a kind of event as a word.
func spoken[T ~string](name T) string { return strings.ReplaceAll(string(name), "-", " ") }

// sentence returns a text with a capital letter.
func sentence(text string) string {
	if text == "" {
		return "Internal error"
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// public returns what a reader may know of an error.
func public(err error) string {
	if typed, ok := errors.AsType[*failure.Error](err); ok {
		return typed.Public()
	}
	return "internal error"
}

// count returns a whole number with commas between thousands.
func count[T ~int | ~int64](n T) string {
	text := strconv.FormatInt(int64(n), 10)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// countOf returns count of a whole number of any type, or of one behind a pointer.
func countOf(n any) string { return count(reflect.Indirect(reflect.ValueOf(n)).Int()) }

// percent returns a share: 100 % only once all is done.
func percent(share float64) string {
	rounded := roundUp(share * 100)
	if share < 1 {
		rounded = min(rounded, 99)
	}
	return count(int64(rounded)) + " %"
}

// roundUp rounds half up, as Math.round of a browser does.
func roundUp(x float64) float64 { return math.Floor(x + 0.5) }

func chance(p float64) string {
	switch {
	case p > 0 && p < 0.005:
		return "<1 %"
	case p < 1 && p > 0.995:
		return ">99 %"
	default:
		return fmt.Sprintf("%.0f %%", roundUp(p*100))
	}
}

// Durations from which a larger unit is used, in seconds.
const (
	minutesFrom = 120
	hoursFrom   = 2 * 3600
	daysFrom    = 2 * 86400
)

// span returns a duration of seconds, without a sign.
func span(seconds float64) string {
	s := math.Abs(seconds)
	if s < 9.95 {
		return tenth(s) + " s"
	}
	r := int64(roundUp(min(s, 1e12)))
	switch {
	case r < minutesFrom:
		return fmt.Sprintf("%d s", r)
	case r < hoursFrom:
		return pair(r/60, "min", r%60, "s")
	case r < daysFrom:
		return pair(r/3600, "h", r%3600/60, "min")
	default:
		return pair(r/86400, "d", r%86400/3600, "h")
	}
}

func pair(n int64, large string, rest int64, small string) string {
	if rest == 0 {
		return count(n) + " " + large
	}
	return fmt.Sprintf("%s %s %d %s", count(n), large, rest, small)
}

func whole(seconds int64) string { return span(float64(seconds)) }

// millisOf returns a duration of milliseconds, a number of any type.
func millisOf(ms any) string {
	if v := reflect.ValueOf(ms); v.CanInt() {
		return span(float64(v.Int()) / 1000)
	}
	return span(reflect.ValueOf(ms).Float() / 1000)
}

func margin(seconds *float64) string {
	switch {
	case seconds == nil:
		return unknown
	case *seconds < 0:
		return span(*seconds) + " late"
	default:
		return span(*seconds) + " spare"
	}
}

func rate(perSecond float64) string {
	switch {
	case perSecond == 0:
		return "0 items/s"
	case perSecond >= 0.1:
		return figure(perSecond) + " items/s"
	case perSecond*60 >= 0.1:
		return figure(perSecond*60) + " items/min"
	default:
		return figure(perSecond*3600) + " items/h"
	}
}

func figure(x float64) string {
	if x < 99.95 {
		return tenth(x)
	}
	return count(int64(roundUp(x)))
}

// tenth returns a number with one decimal, rounded half up as toFixed of a browser does.
func tenth(x float64) string { return fmt.Sprintf("%.1f", roundUp(x*10)/10) }

// points returns an error in points of progress.
func points(share *float64) string {
	text := tenth(math.Abs(*share)*100) + " points "
	if *share < 0 {
		return text + "behind"
	}
	return text + "ahead"
}

func utc(at any) string { return moment(at).UTC().Format("2 Jan 2006, 15:04:05 UTC") }

func rfc3339(at any) string { return moment(at).UTC().Format(time.RFC3339Nano) }

// moment returns a time that may be behind a pointer.
func moment(at any) time.Time {
	switch at := at.(type) {
	case *time.Time:
		return *at
	case time.Time:
		return at
	default:
		return time.Time{}
	}
}

func unix(ms int64) time.Time { return time.UnixMilli(ms) }

// newestFirst returns what happened, the newest first.
func newestFirst(events []job.Entry) []job.Entry {
	sorted := slices.Clone(events)
	slices.Reverse(sorted)
	return sorted
}

func changesLength(changes []job.ShownChange) int64 { return int64(len(changes)) }

// note returns the two worst problems of a job.
func note(s *monitor.Status) string {
	const most = 2
	var shown []string
	for _, problem := range s.Problems[:min(len(s.Problems), most)] {
		shown = append(shown, problem.Text)
	}
	text := strings.Join(shown, " · ")
	if more := len(s.Problems) - most; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}
