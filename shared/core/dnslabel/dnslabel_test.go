package dnslabel_test

import (
	"strings"
	"testing"

	"kubejobs/shared/core/dnslabel"
)

func TestValid(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want bool
	}{
		"a letter":                {"a", true},
		"a digit":                 {"0", true},
		"letters, digits, dashes": {"a-0--b", true},
		"63 characters":           {strings.Repeat("a", 63), true},
		"nothing":                 {"", false},
		"64 characters":           {strings.Repeat("a", 64), false},
		"a capital":               {"A", false},
		"a dash at the start":     {"-a", false},
		"a dash at the end":       {"a-", false},
		"a dot":                   {"a.b", false},
		"an underscore":           {"a_b", false},
		"a newline at the end":    {"a\n", false},
		"a letter beyond ASCII":   {"é", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := dnslabel.Valid(tt.text); got != tt.want {
				t.Errorf("Valid(%q) = %t, want %t", tt.text, got, tt.want)
			}
		})
	}
}
