package httpapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/platform/httpapi"
	"kubejobs/shared/platform/logging"
)

func TestRespond(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	httpapi.Respond(w, http.StatusAccepted, struct{}{})
	if w.Code != http.StatusAccepted {
		t.Errorf("status = %d, want 202", w.Code)
	}
	if got := w.Body.String(); got != "{}\n" {
		t.Errorf("body = %q, want %q", got, "{}\n")
	}
	want := http.Header{"Content-Type": {"application/json"}, "X-Content-Type-Options": {"nosniff"}}
	if diff := cmp.Diff(want, w.Header()); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		want   string
	}{
		"bad request": {400, `{"error_code":400,"error_message":"no","error_name":"BAD_REQUEST"}`},
		"too large":   {413, `{"error_code":413,"error_message":"no","error_name":"REQUEST_ENTITY_TOO_LARGE"}`},
		"unavailable": {503, `{"error_code":503,"error_message":"no","error_name":"SERVICE_UNAVAILABLE"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			httpapi.Refuse(w, tt.status, "no")
			if got := strings.TrimSpace(w.Body.String()); w.Code != tt.status || got != tt.want {
				t.Errorf("Refuse = %d %s, want %d %s", w.Code, got, tt.status, tt.want)
			}
		})
	}
}

func TestFail(t *testing.T) {
	t.Parallel()
	cause := errors.New("dial tcp 10.1.2.3: password hunter2")
	kind := func(k failure.Kind) error { return &failure.Error{Kind: k, Message: "told", Err: cause} }
	tests := map[string]struct {
		err     error
		status  int
		message string
		logged  bool
	}{
		"invalid":     {kind(failure.KindInvalid), 400, "told", false},
		"not found":   {kind(failure.KindNotFound), 400, "told", false},
		"conflict":    {kind(failure.KindConflict), 400, "told", false},
		"refused":     {kind(failure.KindRefused), 400, "told", true},
		"unavailable": {kind(failure.KindUnavailable), 503, "told", true},
		"internal":    {cause, 500, "internal error", true},
		"wrapped":     {fmt.Errorf("start: %w", kind(failure.KindInvalid)), 400, "told", false},
		"every field": {
			failure.Invalid(failure.FieldError{Field: "a", Problem: "x"}, failure.FieldError{Field: "b", Problem: "y"}),
			400, "a: x; b: y", false,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var lines strings.Builder
			w := httptest.NewRecorder()
			httpapi.Fail(t.Context(), w, logging.New(&lines, slog.LevelInfo), tt.err)
			if got := decodeFailure(t, w.Body); w.Code != tt.status || got.Code != tt.status || got.Message != tt.message {
				t.Errorf("Fail = %d %+v, want %d %q", w.Code, got, tt.status, tt.message)
			}
			if logged := strings.Contains(lines.String(), cause.Error()); logged != tt.logged {
				t.Errorf("cause in the log = %t, want %t: %s", logged, tt.logged, lines.String())
			}
		})
	}
}

func TestFailREST(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err     error
		status  int
		message string
	}{
		"not found":   {&failure.Error{Kind: failure.KindNotFound, Message: "no such job"}, 404, "no such job"},
		"wrapped":     {fmt.Errorf("status: %w", &failure.Error{Kind: failure.KindNotFound, Message: "no such job"}), 404, "no such job"},
		"invalid":     {failure.InvalidField("a", "is missing"), 400, "a: is missing"},
		"conflict":    {&failure.Error{Kind: failure.KindConflict, Message: "another"}, 400, "another"},
		"unavailable": {failure.Unavailable("the store does not answer", nil), 503, "the store does not answer"},
		"internal":    {errors.New("decode"), 500, "internal error"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			httpapi.FailREST(t.Context(), w, quiet(), tt.err)
			if got := decodeFailure(t, w.Body); w.Code != tt.status || got.Code != tt.status || got.Message != tt.message {
				t.Errorf("FailREST = %d %+v, want %d %q", w.Code, got, tt.status, tt.message)
			}
		})
	}
}

// An error of kind internal may have a message, but the caller must not see it.
func TestFailHidesAnInternalError(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	err := &failure.Error{Kind: failure.KindInternal, Message: "key monitor:{a} is damaged"}
	httpapi.Fail(t.Context(), w, quiet(), err)
	if got := decodeFailure(t, w.Body); w.Code != http.StatusInternalServerError || got.Message != "internal error" {
		t.Errorf("Fail = %d %q, want 500 %q", w.Code, got.Message, "internal error")
	}
}

func TestReadBody(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body   io.Reader
		want   string
		ok     bool
		status int
	}{
		"none":       {nil, "", true, 200},
		"some":       {strings.NewReader("text"), "text", true, 200},
		"truncated":  {cutBody{}, "", false, 400},
		"over limit": {http.MaxBytesReader(nil, io.NopCloser(strings.NewReader("text")), 3), "", false, 413},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			got, ok := httpapi.ReadBody(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", tt.body))
			if string(got) != tt.want || ok != tt.ok || w.Code != tt.status {
				t.Errorf("ReadBody = %q, %t with %d, want %q, %t with %d", got, ok, w.Code, tt.want, tt.ok, tt.status)
			}
		})
	}
}

func TestReadBodyWithoutABody(t *testing.T) {
	t.Parallel()
	got, ok := httpapi.ReadBody(httptest.NewRecorder(), &http.Request{})
	if len(got) != 0 || !ok {
		t.Errorf("ReadBody without a body = %q, %t, want none, true", got, ok)
	}
}

// cutBody is a body whose sender disconnected.
type cutBody struct{}

func (cutBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// decodeFailure decodes a body in the format of errors, without any other key.
func decodeFailure(t *testing.T, body io.Reader) httpapi.Failure {
	t.Helper()
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	var f httpapi.Failure
	if err := decoder.Decode(&f); err != nil {
		t.Fatalf("decode failure: %v", err)
	}
	return f
}

// quiet returns a logger that discards its lines.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
