package failure_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"kubejobs/shared/core/failure"
)

func TestClean(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", failure.MaxText)
	tests := map[string]struct{ text, want string }{
		"nothing":                      {"", ""},
		"a plain text":                 {"timed out", "timed out"},
		"other languages":              {"größer 日本 עברית", "größer 日本 עברית"},
		"lines":                        {"a\r\nb\tc", "a  b c"},
		"an escape sequence":           {"\x1b[31mred\x1b]0;title\x07", " [31mred ]0;title "},
		"a C1 escape":                  {"a\u009b31m", "a 31m"},
		"zero and delete":              {"a\x00b\x7f", "a b "},
		"a change of direction":        {"a\u202eb\u2066c\u200fd", "a b c d"},
		"an invisible space":           {"a\u200bb\u00a0c\ufeffd", "a b c d"},
		"a separator of lines":         {"a\u2028b\u2029c", "a b c"},
		"bytes that are no UTF-8":      {"a\xff\xfeb", "a��b"},
		"a private character":          {"a\ue000b", "a b"},
		"as long as allowed":           {long, long},
		"longer by one":                {long + "x", strings.Repeat("é", failure.MaxText-1) + "…"},
		"much longer":                  {strings.Repeat("x", 1<<20), strings.Repeat("x", failure.MaxText-1) + "…"},
		"broken bytes at the limit":    {strings.Repeat("x", failure.MaxText-1) + "\xff", strings.Repeat("x", failure.MaxText-1) + "�"},
		"broken bytes above the limit": {strings.Repeat("\xff", failure.MaxText+1), strings.Repeat("�", failure.MaxText-1) + "…"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := failure.Clean(tt.text); got != tt.want {
				t.Errorf("Clean = %q, want %q", got, tt.want)
			}
		})
	}
}

// Only Detail tells what a peer said, and the error's chain is whole.
func TestHide(t *testing.T) {
	t.Parallel()
	said := errors.New("said\x1b[31m")
	refused := failure.Refused("the server refuses it", failure.Hide(fmt.Errorf("read: %w", said)))
	err := fmt.Errorf("publish: %w", refused)
	if got, want := err.Error(), "publish: the server refuses it"; got != want {
		t.Errorf("text = %q, want %q", got, want)
	}
	if got, want := failure.Detail(err), "publish: the server refuses it: read: said [31m"; got != want {
		t.Errorf("Detail = %q, want %q", got, want)
	}
	if !errors.Is(err, said) || failure.KindOf(err) != failure.KindRefused {
		t.Errorf("the chain of %v lacks its cause or its kind", err)
	}
	if got := failure.Detail(said); got != "said [31m" {
		t.Errorf("Detail of an error that hides nothing = %q, want its clean text", got)
	}
}
