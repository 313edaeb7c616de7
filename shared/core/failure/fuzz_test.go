package failure_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"kubejobs/shared/core/failure"
)

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[31m\u202e\xff")
	f.Add(strings.Repeat("日", 300))
	f.Fuzz(func(t *testing.T, text string) {
		got := failure.Clean(text)
		if n := utf8.RuneCountInString(got); n > failure.MaxText || !utf8.ValidString(got) {
			t.Errorf("Clean(%q) = %q, of %d characters", text, got, n)
		}
		if at := strings.IndexFunc(got, func(c rune) bool { return !unicode.IsPrint(c) }); at >= 0 {
			t.Errorf("Clean(%q) = %q, which cannot be printed from byte %d on", text, got, at)
		}
		if again := failure.Clean(got); again != got {
			t.Errorf("Clean(%q) = %q, want no change", got, again)
		}
	})
}

// Whatever a caller wrote is in the wrong fields, each of them may be shown; joining
// errors keeps them as they are.
func FuzzInvalid(f *testing.F) {
	f.Add("id", "want an id, got \"a\"")
	f.Add("\x1b[31m", strings.Repeat("\u202e", 300))
	f.Add(strings.Repeat("f", 300), "\xff")
	f.Fuzz(func(t *testing.T, field, problem string) {
		err := failure.InvalidField(field, "%s", problem)
		typed, ok := errors.AsType[*failure.Error](err)
		if !ok || len(typed.Fields) != 1 || typed.Kind != failure.KindInvalid {
			t.Fatalf("error %#v, want one field", err)
		}
		for _, text := range []string{typed.Fields[0].Field, typed.Fields[0].Problem} {
			if failure.Clean(text) != text {
				t.Errorf("%q is shown", text)
			}
		}
		if short := failure.Clean(problem); short == problem && typed.Fields[0].Problem != problem {
			t.Errorf("the problem %q is shown as %q", problem, typed.Fields[0].Problem)
		}
		joined := failure.JoinInvalid(nil, err, failure.InvalidField("b", "is missing"))
		if want := typed.Public() + "; b: is missing"; joined.Error() != want {
			t.Errorf("joined: %q, want %q", joined, want)
		}
	})
}
