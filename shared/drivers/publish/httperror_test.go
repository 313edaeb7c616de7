package publish_test

import (
	"errors"
	"net/http"
	"testing"

	"kubejobs/shared/drivers/publish"
)

func TestWithoutURL(t *testing.T) {
	t.Parallel()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:1/hunter2", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	other := errors.New("another error")
	if got := publish.WithoutURL(other); !errors.Is(got, other) {
		t.Errorf("WithoutURL(%v) = %v, want the same error", other, got)
	}
	response, err := http.DefaultClient.Do(request)
	if err == nil {
		response.Body.Close()
		t.Fatal("somebody listens on port 1")
	}
	if got := publish.WithoutURL(err); got == nil || got.Error() == err.Error() || errors.Unwrap(err).Error() != got.Error() {
		t.Errorf("WithoutURL(%v) = %v, want the cause", err, got)
	}
}
