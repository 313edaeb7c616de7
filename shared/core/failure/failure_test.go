package failure_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"kubejobs/shared/core/failure"
)

var errCause = errors.New("dial tcp 10.1.2.3: refused")

func TestError(t *testing.T) {
	t.Parallel()
	a, b := failure.FieldError{Field: "a", Problem: "is missing"}, failure.FieldError{Field: "b", Problem: "want a number"}
	tests := map[string]struct {
		err          *failure.Error
		public, text string
	}{
		"a message":            {&failure.Error{Message: "no such job"}, "no such job", "no such job"},
		"a message, a cause":   {&failure.Error{Message: "no answer", Err: errCause}, "no answer", "no answer: dial tcp 10.1.2.3: refused"},
		"fields":               {&failure.Error{Fields: []failure.FieldError{a, b}}, "a: is missing; b: want a number", "a: is missing; b: want a number"},
		"a message and fields": {&failure.Error{Message: "wrong", Fields: []failure.FieldError{a}}, "wrong; a: is missing", "wrong; a: is missing"},
		"nothing":              {&failure.Error{}, "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.err.Public(); got != tt.public {
				t.Errorf("Public() = %q, want %q", got, tt.public)
			}
			if got := tt.err.Error(); got != tt.text {
				t.Errorf("Error() = %q, want %q", got, tt.text)
			}
			if got := errors.Unwrap(tt.err); !errors.Is(got, tt.err.Err) {
				t.Errorf("Unwrap() = %v, want %v", got, tt.err.Err)
			}
		})
	}
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	invalid := failure.Invalid(failure.FieldError{Field: "a", Problem: "x"})
	tests := map[string]struct {
		err       error
		kind      failure.Kind
		retryable bool
	}{
		"no error":              {nil, failure.KindInternal, false},
		"an error without kind": {errCause, failure.KindInternal, false},
		"invalid":               {invalid, failure.KindInvalid, false},
		"refused":               {failure.Refused("wrong password", errCause), failure.KindRefused, false},
		"unavailable":           {failure.Unavailable("no answer", errCause), failure.KindUnavailable, true},
		"wrapped":               {fmt.Errorf("start: %w", failure.Unavailable("no answer", nil)), failure.KindUnavailable, true},
		"joined":                {errors.Join(errCause, invalid), failure.KindInvalid, false},
		"the first one counts":  {failure.Unavailable("no answer", invalid), failure.KindUnavailable, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := failure.KindOf(tt.err); got != tt.kind {
				t.Errorf("KindOf = %q, want %q", got, tt.kind)
			}
			if got := failure.IsRetryable(tt.err); got != tt.retryable {
				t.Errorf("IsRetryable = %t, want %t", got, tt.retryable)
			}
		})
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	var fields failure.Fields
	if err := fields.Err(); err != nil {
		t.Errorf("Err() = %v without a field, want nil", err)
	}
	fields.Add("a", "want %d, got %q", 1, "x")
	fields.Add("b", "is missing")
	if err := fields.Err(); failure.KindOf(err) != failure.KindInvalid || err.Error() != `a: want 1, got "x"; b: is missing` {
		t.Errorf("Err() = %v, want both fields", err)
	}
}

func TestInvalidField(t *testing.T) {
	t.Parallel()
	err := failure.InvalidField("a", "want at most %d bytes, got %q", 1, "xy")
	if failure.KindOf(err) != failure.KindInvalid || err.Error() != `a: want at most 1 bytes, got "xy"` {
		t.Errorf("InvalidField = %v, want one error of kind invalid with a", err)
	}
}

// What a caller wrote is shown short and printable, in a name as in a problem.
func TestInvalidIsClean(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ field, problem, want string }{
		"a plain text":       {"id", "is missing", "id: is missing"},
		"an escape sequence": {"\x1b[31m", "got \u202e", " [31m: got  "},
		"a long text":        {"f", strings.Repeat("x", 999), "f: " + strings.Repeat("x", 199) + "…"},
		"a long name":        {strings.Repeat("x", 999), "p", strings.Repeat("x", 199) + "…: p"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := failure.InvalidField(tt.field, "%s", tt.problem).Error(); got != tt.want {
				t.Errorf("text %q, want %q", got, tt.want)
			}
		})
	}
}

func TestInvalidNamesEveryField(t *testing.T) {
	t.Parallel()
	if err := failure.Invalid(); err != nil {
		t.Errorf("Invalid() = %v, want nil without a field", err)
	}
	if err := failure.JoinInvalid(nil, nil); err != nil {
		t.Errorf("JoinInvalid(nil, nil) = %v, want nil", err)
	}
	one := failure.Invalid(failure.FieldError{Field: "a", Problem: "x"})
	two := failure.Invalid(failure.FieldError{Field: "b", Problem: "y"}, failure.FieldError{Field: "c", Problem: "z"})
	err := failure.JoinInvalid(one, nil, two)
	if failure.KindOf(err) != failure.KindInvalid || err.Error() != "a: x; b: y; c: z" {
		t.Errorf("JoinInvalid = %v, want one error of kind invalid with a, b and c", err)
	}
}

func TestClassified(t *testing.T) {
	t.Parallel()
	otherwise := failure.Unavailable("cannot be read", errCause)
	refused := failure.Invalid(failure.FieldError{Field: "redis_ip", Problem: "is not allowed"})
	if got := failure.Classified(fmt.Errorf("dial: %w", refused), otherwise); !errors.Is(got, refused) || got.Error() != refused.Error() {
		t.Errorf("Classified = %v, want the error with a kind alone", got)
	}
	if got := failure.Classified(errCause, otherwise); !errors.Is(got, otherwise) {
		t.Errorf("Classified = %v, want the other error", got)
	}
}
