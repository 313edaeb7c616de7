package browser_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// relay stands before a server, as an ingress does, and sees what browsers ask of it.
type relay struct {
	url string

	mu       sync.Mutex
	answered []request
	open     map[string]int // requests under way, by path
}

// newRelay starts a relay to a server.
func newRelay(tb testing.TB, target string) *relay {
	tb.Helper()
	to, err := url.Parse(target)
	if err != nil {
		tb.Fatal(err)
	}
	r := &relay{open: map[string]int{}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(to)
			p.Out.Host = p.In.Host // as the browser knows the server
		},
		FlushInterval:  -1,
		ModifyResponse: r.note,
		ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.count(q.URL.Path, 1)
		defer r.count(q.URL.Path, -1)
		proxy.ServeHTTP(w, q)
	}))
	tb.Cleanup(server.Close)
	tb.Cleanup(server.CloseClientConnections)
	r.url = server.URL
	return r
}

func (r *relay) note(response *http.Response) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answered = append(r.answered, request{
		method: response.Request.Method, url: response.Request.URL.RequestURI(), status: response.StatusCode,
	})
	return nil
}

func (r *relay) count(path string, by int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[path] += by
}

// underWay returns how many requests for a path are under way.
func (r *relay) underWay(path string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open[path]
}

// answers returns the answers to requests whose path and query hold a text, oldest first.
func (r *relay) answers(part string) []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []request
	for _, a := range r.answered {
		if strings.Contains(a.url, part) {
			found = append(found, a)
		}
	}
	return found
}
