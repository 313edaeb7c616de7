package metronome_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func zadd(member string) redis.ZAddArgs { return redis.ZAddArgs{Members: []redis.Z{{Member: member}}} }

// With TICK_SINK the batches are requests, which a network that fails some of them does not
// lose, and that take no sample twice.
func TestBatchesOverHTTP(t *testing.T) {
	t.Parallel()
	var target atomic.Pointer[url.URL]
	var requests atomic.Int64
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proxy := httputil.NewSingleHostReverseProxy(target.Load())
		switch requests.Add(1) % 4 {
		case 1: // refused before it arrives
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2: // its answer is lost
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			w.WriteHeader(http.StatusBadGateway)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(between.Close)
	w := open(t, between.URL)
	own, err := url.Parse(w.URL)
	if err != nil {
		t.Fatal(err)
	}
	target.Store(own)
	for n := range 3 {
		w.Pass(2 * time.Second)
		beat(t, w, string(rune('a'+n)))
		expect(t, w, "over HTTP", jobs, int64(n+1))
	}
	if requests.Load() < 6 {
		t.Errorf("%d requests, want at least two a beat", requests.Load())
	}
}
