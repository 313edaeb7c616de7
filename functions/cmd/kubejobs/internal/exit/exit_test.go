package exit_test

import (
	"errors"
	"fmt"
	"testing"

	"kubejobs/functions/cmd/kubejobs/internal/exit"
)

func TestOf(t *testing.T) {
	t.Parallel()
	failed := errors.New("failed")
	tests := map[string]struct {
		err  error
		want int
		said bool
	}{
		"nothing":      {nil, 0, false},
		"met":          {exit.OK.Err(), 0, false},
		"late":         {exit.Late.Err(), 2, true},
		"lost":         {fmt.Errorf("a: %w", exit.Lost.Err()), 3, true},
		"any other":    {failed, 1, false},
		"usage":        {exit.UsageError{Err: failed}, 2, false},
		"coded":        {fmt.Errorf("a: %w", exit.CodedError{Err: failed, Status: exit.Retry}), 5, false},
		"usage, coded": {exit.CodedError{Err: exit.UsageError{Err: failed}, Status: exit.Failed}, 1, false},
	}
	for name, tt := range tests {
		if got := exit.Of(tt.err); got != tt.want || exit.Said(tt.err) != tt.said {
			t.Errorf("%s: %d, said %t, want %d, %t", name, got, exit.Said(tt.err), tt.want, tt.said)
		}
	}
}
