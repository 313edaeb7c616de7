package job_test

import (
	"strings"
	"testing"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

func TestParseID(t *testing.T) {
	t.Parallel()
	if id, err := job.ParseID("kj-abc1234"); err != nil || id != "kj-abc1234" {
		t.Errorf("ParseID = %q, %v, want the id", id, err)
	}
	for _, text := range []string{"", "A", "../a", "a b", strings.Repeat("a", 500)} {
		_, err := job.ParseID(text)
		if failure.KindOf(err) != failure.KindInvalid || !strings.HasPrefix(err.Error(), "id: want a DNS label") {
			t.Errorf("ParseID(%.9q) = %v, want an error of kind invalid that names id", text, err)
		}
		if err != nil && len(err.Error()) > 250 {
			t.Errorf("ParseID(%.9q): the error has %d bytes: it repeats a long id", text, len(err.Error()))
		}
	}
}
