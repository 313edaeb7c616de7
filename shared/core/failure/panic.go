package failure

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// PanicError is the cause of the error that Catch returns for a panic.
type PanicError struct {
	Value any // that panic was called with
	Stack string
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Catch calls f and returns its error, or one of kind internal if f panics. A panic
// that is not caught in the goroutine where it happens ends the process.
func Catch(f func() error) (err error) {
	defer Rescue(func(caught error) { err = caught })
	return f()
}

// Stack returns the stack of the panic that err reports, "" if it reports none.
func Stack(err error) string {
	if caught, ok := errors.AsType[*PanicError](err); ok {
		return caught.Stack
	}
	return ""
}

// Rescue is to be deferred. If the function that defers it panics, it calls report with
// an error of kind internal, and the panic ends.
func Rescue(report func(error)) {
	if value := recover(); value != nil {
		report(&Error{
			Kind: KindInternal, Message: "internal error",
			Err: &PanicError{Value: value, Stack: string(debug.Stack())},
		})
	}
}
