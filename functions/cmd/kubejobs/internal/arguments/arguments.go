// Package arguments reads the flags and the arguments of a command. Unlike cobra it names
// everything that is wrong with them at once.
package arguments

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kubejobs/functions/cmd/kubejobs/internal/exit"
	"kubejobs/shared/core/job"
)

// MaxItems is the largest number of items: a float64 counts no further.
const MaxItems = 1 << 53

// Arguments holds the values of flags as they were written, and what is wrong with them. All
// of it is told at once.
type Arguments struct {
	// Rest is what is no flag.
	Rest   []string
	values map[string][]string
	wrong  []error
}

// ErrHelp is the error of a --help.
var ErrHelp = errors.New("help is wanted")

// Parse reads the arguments by the flags that cmd declares. A flag may be given as --name
// VALUE, --name=VALUE or -n VALUE, one of type bool as --name. After -- there is none.
func Parse(cmd *cobra.Command, args []string) (*Arguments, error) {
	a := &Arguments{values: map[string][]string{}}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--help" || arg == "-h" {
			return nil, ErrHelp
		}
		if arg == "--" {
			a.Rest = append(a.Rest, args...)
			break
		}
		if arg == "-" || !strings.HasPrefix(arg, "-") {
			a.Rest = append(a.Rest, arg)
			continue
		}
		flag, value, has := find(cmd, arg)
		switch {
		case flag == nil:
			a.Refuse("%.40s: there is no such flag", arg)
		case has:
			a.set(flag.Name, value)
		case flag.Value.Type() == "bool":
			a.set(flag.Name, "true")
		case len(args) == 0 || strings.HasPrefix(args[0], "--"):
			a.Refuse("--%s: want a value", flag.Name)
			a.set(flag.Name, "")
		default:
			a.set(flag.Name, args[0])
			args = args[1:]
		}
	}
	return a, nil
}

// find returns the flag of an argument, nil if there is none, and its value if it has one.
func find(cmd *cobra.Command, arg string) (flag *pflag.Flag, value string, has bool) {
	if !strings.HasPrefix(arg, "--") {
		if len(arg) == 2 {
			flag = cmd.Flags().ShorthandLookup(arg[1:])
		}
		return flag, "", false
	}
	name, value, has := strings.Cut(arg[2:], "=")
	return cmd.Flags().Lookup(name), value, has
}

func (a *Arguments) set(name, value string) { a.values[name] = append(a.values[name], value) }

// Refuse adds something that is wrong.
func (a *Arguments) Refuse(format string, args ...any) {
	a.wrong = append(a.wrong, fmt.Errorf(format, args...))
}

// Err returns everything that is wrong in one line, as an exit.UsageError; nil if nothing is.
func (a *Arguments) Err() error {
	if len(a.wrong) == 0 {
		return nil
	}
	return exit.UsageError{Err: InOneLine(a.wrong)}
}

// InOneLine returns one error for several; nil for none.
func InOneLine(errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	texts := make([]string, len(errs))
	for i, err := range errs {
		texts[i] = err.Error()
	}
	return errors.New(strings.Join(texts, "; "))
}

// Given reports whether a flag was given.
func (a *Arguments) Given(name string) bool { return len(a.values[name]) > 0 }

// Text returns the value of a flag, the last one that was given; false if none was, or if
// something is wrong with it already. One that is required and missing is wrong.
func (a *Arguments) Text(name string, required bool) (string, bool) {
	values := a.values[name]
	if len(values) == 0 {
		if required {
			a.Refuse("--%s: required", name)
		}
		return "", false
	}
	wrong := slices.ContainsFunc(a.wrong, func(err error) bool { return strings.HasPrefix(err.Error(), "--"+name+":") })
	return values[len(values)-1], !wrong
}

// Texts returns all values of a flag, which may be given several times or with commas in
// between.
func (a *Arguments) Texts(name string) []string {
	var all []string
	for _, value := range a.values[name] {
		for text := range strings.SplitSeq(value, ",") {
			if text != "" {
				all = append(all, text)
			}
		}
	}
	return all
}

// OneOf returns one of some texts; the first one if the flag was not given.
func (a *Arguments) OneOf(name string, texts ...string) string {
	text, ok := a.Text(name, false)
	if ok && !slices.Contains(texts, text) {
		a.Refuse("--%s: want one of %s, got %.40q", name, strings.Join(texts, ", "), text)
	}
	if !ok {
		return texts[0]
	}
	return text
}

// Whole returns a whole number from 1 to most; 0 if it was not given or is wrong.
func (a *Arguments) Whole(name string, most int64, required bool) int64 {
	return a.WholeFrom(name, 1, most, required)
}

// WholeFrom is Whole with another least number.
func (a *Arguments) WholeFrom(name string, least, most int64, required bool) int64 {
	text, ok := a.Text(name, required)
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		a.Refuse("--%s: want a whole number from %d to %d, got %.40q", name, least, most, text)
		return 0
	}
	return n
}

// Share returns a number between 0 and 1, both excluded; other if it was not given.
func (a *Arguments) Share(name string, other float64) float64 {
	text, ok := a.Text(name, false)
	if !ok {
		return other
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(x) || x <= 0 || x >= 1 {
		a.Refuse("--%s: want a number between 0 and 1, got %.40q", name, text)
	}
	return x
}

// Truth returns whether a flag is set.
func (a *Arguments) Truth(name string) bool {
	text, ok := a.Text(name, false)
	if !ok {
		return false
	}
	is, err := strconv.ParseBool(text)
	if err != nil {
		a.Refuse("--%s: want true or false, got %.40q", name, text)
	}
	return is
}

// Seconds returns a positive time up to a year: seconds, or a number with its unit such as
// 90s, 30m or 1h30m; 0 if it was not given or is wrong.
func (a *Arguments) Seconds(name string, required bool) time.Duration {
	text, ok := a.Text(name, required)
	if !ok {
		return 0
	}
	d, err := ParseSeconds(text)
	if err != nil {
		a.Refuse("--%s: %w", name, err)
	}
	return d
}

// longest is the longest time that a request may name: a year.
const longest = 365 * 24 * time.Hour

// ParseSeconds reads a positive time up to a year.
func ParseSeconds(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if x, notNumber := strconv.ParseFloat(text, 64); notNumber == nil {
		d, err = 0, nil
		if x > 0 && x <= longest.Seconds() {
			d = time.Duration(x * float64(time.Second))
		}
	}
	if err != nil || d <= 0 || d > longest {
		return 0, fmt.Errorf("want seconds, or a time such as 90s, 30m or 1h30m, at most a year, got %.40q", text)
	}
	return d, nil
}

// Moment returns a time, RFC 3339 or Unix milliseconds; the zero time if it was not given or
// is wrong.
func (a *Arguments) Moment(name string, required bool) time.Time {
	text, ok := a.Text(name, required)
	if !ok {
		return time.Time{}
	}
	at, err := ParseMoment(text)
	if err != nil {
		a.Refuse("--%s: %w", name, err)
	}
	return at
}

var (
	// FirstMoment is the first time that may be given.
	FirstMoment = time.UnixMilli(0).UTC()
	// LastMoment is the last one: its year has four digits.
	LastMoment = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
)

// ParseMoment reads RFC 3339 or Unix milliseconds.
func ParseMoment(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		millis, notNumber := strconv.ParseInt(text, 10, 64)
		at, err = time.UnixMilli(millis), notNumber
	}
	if err != nil || at.Before(FirstMoment) || at.After(LastMoment) {
		return time.Time{}, fmt.Errorf("want RFC 3339 or Unix milliseconds, from 1970 to 9999, got %.40q", text)
	}
	return at.UTC(), nil
}

// IDs returns the ids of jobs that are no flags: at least and at most so many.
func (a *Arguments) IDs(least, most int) []job.ID {
	var ids []job.ID
	for _, text := range a.Rest {
		id, err := job.ParseID(text)
		switch {
		case err != nil:
			a.wrong = append(a.wrong, err)
		case !slices.Contains(ids, id):
			ids = append(ids, id)
		}
	}
	switch n := len(a.Rest); {
	case n >= least && n <= most:
	case most == 1:
		a.Refuse("want the id of one job, got %d", n)
	case n < least:
		a.Refuse("want the id of a job, got none")
	default:
		a.Refuse("want the ids of at most %d jobs, got %d", most, n)
	}
	return ids
}

// None refuses anything that is no flag.
func (a *Arguments) None() {
	for _, text := range a.Rest {
		a.Refuse("%.40q: want no argument", text)
	}
}
