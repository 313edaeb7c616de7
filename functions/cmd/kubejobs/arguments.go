package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kubejobs/shared/core/forecast"
)

// usageError is an error in the arguments of a filter. The exit status is 2.
type usageError struct{ error }

// maxItems is the largest number of items: a float64 counts no further.
const maxItems = 1 << 53

// arguments holds the values of a filter's flags as they were written, and what is wrong
// with them. All of it is told at once.
type arguments struct {
	values map[string]string
	files  []string
	wrong  []error
}

// errHelpWanted is the error of a --help.
var errHelpWanted = errors.New("help is wanted")

// parseArguments reads the arguments by the flags that cmd declares. A flag may be given
// as --name VALUE or --name=VALUE, one of type bool as --name; the last one counts.
func parseArguments(cmd *cobra.Command, args []string) (*arguments, error) {
	a := &arguments{values: map[string]string{}}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--help" || arg == "-h" {
			return nil, errHelpWanted
		}
		name, value, has := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		flag := cmd.Flags().Lookup(name)
		switch {
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			a.files = append(a.files, arg)
		case flag == nil || !strings.HasPrefix(arg, "--"):
			a.refuse("%.40s: there is no such flag", arg)
		case has:
			a.values[name] = value
		case flag.Value.Type() == "bool":
			a.values[name] = "true"
		case len(args) == 0 || strings.HasPrefix(args[0], "--"):
			a.refuse("--%s: want a value", name)
			a.values[name] = ""
		default:
			a.values[name], args = args[0], args[1:]
		}
	}
	if len(a.files) > 1 {
		a.refuse("want at most one file, got %d", len(a.files))
	}
	return a, nil
}

func (a *arguments) refuse(format string, args ...any) {
	a.wrong = append(a.wrong, fmt.Errorf(format, args...))
}

// err returns everything that is wrong in one line; nil if nothing is.
func (a *arguments) err() error {
	if len(a.wrong) == 0 {
		return nil
	}
	return usageError{inOneLine(a.wrong)}
}

// inOneLine returns one error for several; nil for none.
func inOneLine(errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	texts := make([]string, len(errs))
	for i, err := range errs {
		texts[i] = err.Error()
	}
	return errors.New(strings.Join(texts, "; "))
}

// text returns the value of a flag; false if it was not given. One that is required and
// missing is wrong.
func (a *arguments) text(name string, required bool) (string, bool) {
	value, ok := a.values[name]
	if !ok && required {
		a.refuse("--%s: required", name)
	}
	return value, ok && !slices.ContainsFunc(a.wrong, func(err error) bool { return strings.HasPrefix(err.Error(), "--"+name+":") })
}

// whole returns a whole number from 1 to most; 0 if it was not given or is wrong.
func (a *arguments) whole(name string, most int64, required bool) int64 {
	text, ok := a.text(name, required)
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > most {
		a.refuse("--%s: want a whole number from 1 to %d, got %.40q", name, most, text)
		return 0
	}
	return n
}

// share returns a number between 0 and 1, both excluded; other if it was not given.
func (a *arguments) share(name string, other float64) float64 {
	text, ok := a.text(name, false)
	if !ok {
		return other
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(x) || x <= 0 || x >= 1 {
		a.refuse("--%s: want a number between 0 and 1, got %.40q", name, text)
	}
	return x
}

// truth returns whether a flag is set.
func (a *arguments) truth(name string) bool {
	text, ok := a.text(name, false)
	if !ok {
		return false
	}
	is, err := strconv.ParseBool(text)
	if err != nil {
		a.refuse("--%s: want true or false, got %.40q", name, text)
	}
	return is
}

// moment returns a required time: RFC 3339 or Unix milliseconds.
func (a *arguments) moment(name string) time.Time {
	text, ok := a.text(name, true)
	if !ok {
		return time.Time{}
	}
	at, err := parseMoment(text)
	if err != nil {
		a.refuse("--%s: %w", name, err)
	}
	return at
}

// firstMoment and lastMoment bound times: from 1970, with a year of four digits.
var firstMoment, lastMoment = time.UnixMilli(0).UTC(), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// parseMoment reads RFC 3339 or Unix milliseconds.
func parseMoment(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		millis, notNumber := strconv.ParseInt(text, 10, 64)
		at, err = time.UnixMilli(millis), notNumber
	}
	if err != nil || at.Before(firstMoment) || at.After(lastMoment) {
		return time.Time{}, fmt.Errorf("want RFC 3339 or Unix milliseconds, from 1970 to 9999, got %.40q", text)
	}
	return at.UTC(), nil
}

// filterFlags declares the flags that all filters have.
func filterFlags(cmd *cobra.Command) {
	cmd.Flags().String("items", "", "number of items in all, until a line says another one (required)")
	cmd.Flags().String("deadline", "", "RFC 3339 or Unix milliseconds (required)")
	cmd.Flags().String("confidence", strconv.FormatFloat(forecast.DefaultConfidence, 'g', -1, 64),
		"the probability of meeting the deadline to aim at")
	cmd.DisableFlagParsing = true // it would stop at the first wrong flag
}
