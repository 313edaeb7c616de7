package status_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"kubejobs/functions/status"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/failuretest"
)

// asked is a service that keeps what it is asked for.
type asked struct {
	after job.ID
	limit int
	calls int
}

func (a *asked) Status(context.Context, job.ID) (monitor.Status, error) {
	return monitor.Status{}, monitor.ErrUnknownJob
}

func (a *asked) List(_ context.Context, after job.ID, limit int) ([]monitor.Status, job.ID, error) {
	*a = asked{after, limit, a.calls + 1}
	return nil, "kj-next", nil
}

// A query is refused with a short text, or it is a page; the path of the next page is
// that of the same size.
func FuzzQuery(f *testing.F) {
	for _, query := range []string{
		"", "limit=1&after=a", "limit=100", "limit=101", "after=A", "after=a&after=b", "%zz", "x=1&%0a=2", "limit=%2B5", strings.Repeat("&%01", 99),
	} {
		f.Add(query)
	}
	var many strings.Builder
	for i := range 300 {
		fmt.Fprintf(&many, "&x%d", i)
	}
	f.Add(many.String())
	f.Fuzz(func(t *testing.T, query string) {
		service := &asked{}
		get := func(query string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/monitoring", http.NoBody)
			r.URL.RawQuery = query
			w := httptest.NewRecorder()
			status.NewList(service, slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
			return w
		}
		w := get(query)
		if service.calls == 0 {
			if text := failuretest.Message(t, w); len(text) > 5000 || w.Code != http.StatusBadRequest {
				t.Errorf("%q: status %d with a text of %d bytes", query, w.Code, len(text))
			}
			return
		}
		if _, err := job.ParseID(string(service.after)); service.after != "" && err != nil || service.limit < 1 || service.limit > 100 {
			t.Errorf("%q asks for %+v", query, *service)
		}
		limit := service.limit
		var page struct{ Next string }
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		next, err := url.Parse(page.Next)
		if err != nil {
			t.Fatal(err)
		}
		get(next.RawQuery)
		if want := (asked{"kj-next", limit, 2}); *service != want {
			t.Errorf("the next page %q asks for %+v, want %+v", page.Next, *service, want)
		}
	})
}
