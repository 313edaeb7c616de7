// Package arguments reads the flags and the arguments of a command. Unlike cobra it names
// everything that is wrong with them at once.
package arguments

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kubejobs/functions/cmd/kubejobs/internal/exit"
	"kubejobs/shared/core/job"
)

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
