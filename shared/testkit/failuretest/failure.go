// Package failuretest reads what a refusal says, from the error or from its answer.
package failuretest

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"testing"

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
