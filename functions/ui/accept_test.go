package ui_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"kubejobs/functions/ui"
)

func TestWantsPage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method string
		accept []string
		want   bool
	}{
		"a browser":              {http.MethodGet, []string{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, true},
		"a browser asks first":   {http.MethodHead, []string{"text/html"}, true},
		"in the second header":   {http.MethodGet, []string{"application/json", "Text/HTML ; charset=utf-8; q=0.5"}, true},
		"a program":              {http.MethodGet, []string{"*/*"}, false},
		"nothing":                {http.MethodGet, nil, false},
		"JSON":                   {http.MethodGet, []string{"application/json"}, false},
		"any text":               {http.MethodGet, []string{"text/*"}, false},
		"anything but a page":    {http.MethodGet, []string{"text/html;q=0, */*"}, false},
		"a weight without sense": {http.MethodGet, []string{"text/html;q=x"}, true},
		"a form":                 {http.MethodPost, []string{"text/html"}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), tt.method, "/", http.NoBody)
			r.Header["Accept"] = tt.accept
			if got := ui.WantsPage(r); got != tt.want {
				t.Errorf("WantsPage = %t, want %t", got, tt.want)
			}
		})
	}
}
