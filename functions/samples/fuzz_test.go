package samples_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"kubejobs/functions/samples"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/failuretest"
)

// ask sends a query as it stands, and returns the range that the service was asked for,
// nil if it was not.
func ask(t *testing.T, query, accept string) (*monitor.SampleRange, *httptest.ResponseRecorder) {
	t.Helper()
	var asked *monitor.SampleRange
	handler := samples.New(reader(func(_ context.Context, _ job.ID, in monitor.SampleRange) (monitor.Samples, error) {
		asked = &in
		return two, nil
	}), quiet())
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	r.URL.RawQuery, r.Header = query, http.Header{"Accept": {accept}}
	r.SetPathValue("id", "a")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return asked, w
}

// A query is refused with a text that can be shown, or it is a range; the path of the
// next page is that of the same range after the last sample.
func FuzzQuery(f *testing.F) {
	for _, query := range []string{
		"", "limit=1&since=0", "since=2026-11-24T05:41:07.5%2B02:00&until=9999-12-31T23:59:59.999999999Z", "since=1795500382418&limit=1000",
		"limit=0", "limit=1&limit=2", "x=1&%0a=2", "since=-1", "until=1&since=2", "a;b", "%zz", "until=253402300799999", "limit=%2B5",
		strings.Repeat("&%01=", 30) + "&" + strings.Repeat("%F3%A0%80%81", 90) + "=",
	} {
		f.Add(query)
	}
	var many strings.Builder
	for i := range 300 {
		fmt.Fprintf(&many, "&x%d", i)
	}
	f.Add(many.String())
	f.Fuzz(func(t *testing.T, query string) {
		asked, w := ask(t, query, "application/json")
		if asked == nil {
			if w.Code != http.StatusBadRequest {
				t.Fatalf("%q: status %d", query, w.Code)
			}
			if text := failuretest.Message(t, w); len(text) > 5000 {
				t.Errorf("%q: a text of %d bytes", query, len(text))
			}
			return
		}
		if asked.Limit < 0 || asked.Limit > 1000 || asked.Since.Year() > 9999 || !asked.Until.IsZero() && !asked.Until.After(asked.Since) {
			t.Errorf("%q: asked for %+v", query, *asked)
		}
		var page struct{ Next string }
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != http.StatusOK {
			t.Fatal(w.Code, err)
		}
		next, err := url.Parse(page.Next)
		if err != nil || next.Path != "/monitoring/a/samples.json" {
			t.Fatalf("the next page is %q, %v", page.Next, err)
		}
		again, _ := ask(t, next.RawQuery, "application/json")
		if asked.Limit == 0 || !asked.Until.IsZero() && !asked.Until.After(time.UnixMilli(1795500384001)) {
			return // there is no next page
		}
		if again == nil || !again.Since.Equal(time.UnixMilli(1795500384001)) || !again.Until.Equal(asked.Until) || again.Limit != asked.Limit {
			t.Errorf("%q asks for %+v, its next page %q for %+v", query, *asked, page.Next, again)
		}
	})
}

// Whatever a caller accepts, the answer is in a format that it accepts, and each format
// can be read.
func FuzzAccept(f *testing.F) {
	for _, accept := range []string{
		"", "text/csv", "application/x-ndjson;q=0.5, */*;q=0.1", "text/*", "application/json;q=0", "a/b", ";", "text/csv;charset=utf-16", "*/*;q=2", ",,", "\"",
	} {
		f.Add(accept)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		asked, w := ask(t, "", accept)
		if (asked == nil) != (w.Code == http.StatusNotAcceptable) {
			t.Fatalf("%q: status %d", accept, w.Code)
		}
		if asked == nil {
			failuretest.Printable(t, failuretest.Message(t, w))
			return
		}
		media, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
		main, _, _ := strings.Cut(media, "/")
		if lower := strings.ToLower(accept); strings.TrimSpace(accept) != "" && !strings.Contains(lower, media) && !strings.Contains(lower, main+"/*") && !strings.Contains(lower, "*/*") {
			t.Errorf("%q is answered with %s", accept, media)
		}
		var err error
		switch media {
		case "text/csv":
			var lines [][]string
			if lines, err = csv.NewReader(w.Body).ReadAll(); len(lines) != 3 {
				t.Errorf("%d lines", len(lines))
			}
		case "application/x-ndjson":
			decoder := json.NewDecoder(w.Body)
			for range 2 {
				var x monitor.TimedSample
				if err = decoder.Decode(&x); err != nil {
					break
				}
			}
		default:
			err = json.Unmarshal(w.Body.Bytes(), &map[string]any{})
		}
		if err != nil {
			t.Errorf("%s: %v", media, err)
		}
	})
}
