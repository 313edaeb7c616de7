package credential_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"kubejobs/shared/core/credential"
)

func TestRedact(t *testing.T) {
	t.Parallel()
	s, err := credential.Parse(values("username", "u", "password", "hunter2", "token", "swordfish"))
	if err != nil {
		t.Fatal(err)
	}
	said := fmt.Errorf("ERR unknown command 'hunter2' %w of 'swordfish', 'hunter2'", io.EOF)
	got := s.Redact(said)
	if want := "ERR unknown command '[redacted]' EOF of '[redacted]', '[redacted]'"; got.Error() != want || !errors.Is(got, io.EOF) {
		t.Errorf("error %q, want %q", got, want)
	}
	if s.Redact(io.EOF) != io.EOF || s.Redact(nil) != nil || (credential.Set{}).Redact(said) != said { //nolint:errorlint // the same error
		t.Error("an error without a credential is another one")
	}
}
