package arguments_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"kubejobs/functions/cmd/kubejobs/internal/arguments"
	"kubejobs/functions/cmd/kubejobs/internal/exit"
)

func parse(t *testing.T, args ...string) *arguments.Arguments {
	t.Helper()
	cmd := &cobra.Command{}
	cmd.Flags().String("text", "", "")
	cmd.Flags().StringP("output", "o", "", "")
	cmd.Flags().Bool("on", false, "")
	a, err := arguments.Parse(cmd, args)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Flags and what is none are told apart wherever they are.
func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args         string
		text, output string
		on           bool
		rest         []string
		wrong        string
	}{
		"nothing":         {"", "", "", false, nil, ""},
		"between":         {"a --text x b", "x", "", false, []string{"a", "b"}, ""},
		"with =":          {"--text=x=y --on", "x=y", "", true, nil, ""},
		"short":           {"-o json a", "", "json", false, []string{"a"}, ""},
		"the last counts": {"--text x --text y", "y", "", false, nil, ""},
		"a negative":      {"--text -5", "-5", "", false, nil, ""},
		"bool, a value":   {"--on=false a", "", "", false, []string{"a"}, ""},
		"after --":        {"--on -- --text -o", "", "", true, []string{"--text", "-o"}, ""},
		"a dash":          {"--text x -", "x", "", false, []string{"-"}, ""},
		"no value":        {"--text --on", "", "", true, nil, "--text: want a value"},
		"unknown":         {"--frob -x -xy --frob=3", "", "", false, nil, "--frob: there is no such flag; -x: there is no such flag; -xy: there is no such flag; --frob=3: there is no such flag"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := parse(t, strings.Fields(tt.args)...)
			text, _ := a.Text("text", false)
			output, _ := a.Text("output", false)
			on := a.Truth("on")
			if text != tt.text || output != tt.output || on != tt.on || !slices.Equal(a.Rest, tt.rest) {
				t.Errorf("text %q, output %q, on %t, rest %q", text, output, on, a.Rest)
			}
			err := a.Err()
			switch {
			case err == nil && tt.wrong != "":
				t.Errorf("nothing is wrong, want %q", tt.wrong)
			case err != nil && (err.Error() != tt.wrong || exit.Of(err) != 2):
				t.Errorf("wrong: %q, exit status %d, want %q and 2", err, exit.Of(err), tt.wrong)
			}
		})
	}
}

func TestSeconds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"40": 40 * time.Second, "1.5": 1500 * time.Millisecond, "30m": 30 * time.Minute, "1h30m": 90 * time.Minute, "31536000": 365 * 24 * time.Hour,
		"0": 0, "-1": 0, "31536001": 0, "NaN": 0, "Inf": 0, "1e300": 0, "1e-300": 0, "soon": 0, "": 0, "-3m": 0, "9000h": 0,
	} {
		if got, err := arguments.ParseSeconds(text); got != want && err == nil || (err == nil) != (want > 0) {
			t.Errorf("%q = %v, %v, want %v", text, got, err, want)
		}
	}
}
