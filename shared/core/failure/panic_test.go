package failure_test

import (
	"errors"
	"strings"
	"testing"

	"kubejobs/shared/core/failure"
)

func TestCatch(t *testing.T) {
	t.Parallel()
	if err := failure.Catch(func() error { return nil }); err != nil {
		t.Errorf("Catch of a function that succeeds = %v, want nil", err)
	}
	cause := errors.New("cause")
	if err := failure.Catch(func() error { return cause }); !errors.Is(err, cause) {
		t.Errorf("Catch of a function that fails = %v, want its error", err)
	}
	tests := map[string]struct {
		f    func()
		want string
	}{
		"a text":             {func() { panic("a text") }, "internal error: panic: a text"},
		"an error":           {func() { panic(cause) }, "internal error: panic: cause"},
		"nil":                {func() { panic(nil) }, "internal error: panic: panic called with nil argument"},
		"the runtime's":      {func() { var none []int; _ = none[huge()] }, "internal error: panic: runtime error: index out of range"},
		"a length too large": {func() { _ = make([]byte, huge()) }, "internal error: panic: runtime error: makeslice: len out of range"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := failure.Catch(func() error { tt.f(); return nil })
			if failure.KindOf(err) != failure.KindInternal || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("Catch = %v of kind %q, want %q of kind internal", err, failure.KindOf(err), tt.want)
			}
			if caught, ok := errors.AsType[*failure.PanicError](err); !ok || !strings.Contains(caught.Stack, "panic_test.go") {
				t.Errorf("Catch = %v, want the stack of the panic", err)
			}
		})
	}
}

// huge returns the largest length, which the compiler must not know.
func huge() int { return int(^uint(0) >> 1) }
