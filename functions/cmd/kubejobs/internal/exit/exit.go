// Package exit says with which status the program ends.
package exit

import (
	"errors"
	"fmt"
	"strings"
)

// Status is the exit status of a command.
type Status int

// Statuses.
const (
	OK       Status = 0
	Failed   Status = 1 // any other failure
	Usage    Status = 2 // wrong flags or arguments
	Late     Status = 2 // watch: a job finished late
	Lost     Status = 3 // watch: a job failed or was stopped
	NotFound Status = 4 // there is no such job, or no report of it
	Retry    Status = 5 // the server does not answer or cannot now, or the report is not there yet
)

// Err returns the error of a command that ends so and has said why; nil for OK.
func (s Status) Err() error {
	if s == OK {
		return nil
	}
	return saidError(s)
}

// saidError ends the program without another word.
type saidError Status

func (e saidError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// UsageError is a mistake in the flags or the arguments of a command.
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e UsageError) Unwrap() error { return e.Err }

// CodedError is an error with its own exit status.
type CodedError struct {
	Err    error
	Status Status
}

func (e CodedError) Error() string { return e.Err.Error() }

// Unwrap returns the error without the status.
func (e CodedError) Unwrap() error { return e.Err }

// Of returns the exit status of a program that ends with err.
func Of(err error) int {
	if err == nil {
		return int(OK)
	}
	if status, ok := errors.AsType[saidError](err); ok {
		return int(status)
	}
	if coded, ok := errors.AsType[CodedError](err); ok {
		return int(coded.Status)
	}
	if _, ok := errors.AsType[UsageError](err); ok {
		return int(Usage)
	}
	return int(Failed)
}

// Said reports whether the reason of err has been said, so that nothing is to be printed.
func Said(err error) bool {
	_, ok := errors.AsType[saidError](err)
	return ok
}

// meanings of the statuses of a command that calls a server.
const meanings = `  0  done
  1  failed: the server refused it, or it is no kubejobs
  2  wrong flags or arguments, which are all named
  4  there is no such job, or it was stopped and has no report
  5  try again later: the server does not answer or cannot now, a limit is reached, or there is no report yet`

// watchMeanings are those of a command that watches jobs.
const watchMeanings = `  0  the deadline was met; or Ctrl-C
  1  a job could not be watched, also because of wrong flags or arguments
  2  a job finished late
  3  a job failed or was stopped`

// Document returns the section of a help text about the statuses of a command that calls a
// server.
func Document() string { return "Exit status:\n" + meanings }

// DocumentWatch is Document for watching; of several jobs the highest status counts.
func DocumentWatch() string { return "Exit status, of several jobs the highest:\n" + watchMeanings }

// DocumentAll returns what the help of the program says about statuses.
func DocumentAll() string {
	return Document() + "\n\nOf watch, and of start --watch; of several jobs the highest:\n" + watchMeanings +
		"\n\n" + strings.TrimSpace(`
Of the filters control and forecast --items: 0 at the end of the input, 1 at a line that cannot be read, 2 for wrong flags.
serve and local end with 0 after Ctrl-C or SIGTERM, and with 1 if they fail.`)
}
