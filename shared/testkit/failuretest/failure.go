// Package failuretest reads what a refusal says, from the error or from its answer.
package failuretest

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/platform/httpapi"
)

// Fields returns the names of the wrong fields of an error of kind invalid, in the
// order of the error. It fails the test on an error of another kind.
func Fields(tb testing.TB, err error) []string {
	tb.Helper()
	if err == nil {
		return nil
	}
	typed, ok := errors.AsType[*failure.Error](err)
	if !ok || typed.Kind != failure.KindInvalid {
		tb.Fatalf("error = %v, want kind invalid", err)
	}
	names := make([]string, 0, len(typed.Fields))
	for _, f := range typed.Fields {
		names = append(names, f.Field)
	}
	return names
}

// Message returns the message of an answer. It fails the test if the answer is not
// in the format of errors.
func Message(tb testing.TB, w *httptest.ResponseRecorder) string {
	tb.Helper()
	var body httpapi.Failure
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Code != w.Code {
		tb.Fatalf("answer %d, body %q (%v), want an error", w.Code, w.Body, err)
	}
	return body.Message
}

// Shown checks what an error shows to others: its message and each wrong field have at
// most failure.MaxText printable characters, and none of secrets is anywhere in it.
func Shown(tb testing.TB, err error, secrets ...string) {
	tb.Helper()
	typed, ok := errors.AsType[*failure.Error](err)
	if !ok {
		tb.Fatalf("error %v has no kind", err)
	}
	texts := []string{typed.Message}
	for _, f := range typed.Fields {
		texts = append(texts, f.Field, f.Problem)
	}
	for _, text := range texts {
		Printable(tb, text)
	}
	for _, secret := range secrets {
		if strings.Contains(err.Error(), secret) || strings.Contains(failure.Detail(err), secret) {
			tb.Errorf("the error shows the secret %q: %v", secret, err)
		}
	}
}

// Printable checks that a text has at most failure.MaxText characters, each of which can
// be printed.
func Printable(tb testing.TB, text string) {
	tb.Helper()
	if failure.Clean(text) != text {
		tb.Errorf("%q has %d characters or cannot be printed, want at most %d that can", text, utf8.RuneCountInString(text), failure.MaxText)
	}
}
