package bench_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"kubejobs/functions"
)

// BenchmarkOverview measures an overview of 1,000 jobs that work and have a forecast: one
// for which all jobs are read, which is at most a 25th of the time, and one for which only
// the jobs of its page are.
func BenchmarkOverview(b *testing.B) {
	const jobs, ticks = 1000, 12
	var ahead atomic.Int64 // of the real clock
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	handler, queue := openWith(b, nil, functions.Options{Now: now})
	client := queue.Client()
	for range 10 * ticks {
		if err := client.RPush(b.Context(), "job", "x").Err(); err != nil {
			b.Fatal(err)
		}
	}
	for i := range jobs {
		start(b, handler, queue.Port(), fmt.Sprint("bench-", i))
	}
	for n := range ticks {
		ahead.Add(int64(10 * time.Second))
		for i := range jobs {
			if code := tick(handler, fmt.Sprint("bench-", i), n); code != http.StatusOK {
				b.Fatalf("tick %d: %d", n, code)
			}
		}
		if err := client.LMove(b.Context(), "job", "job:results", "LEFT", "RIGHT").Err(); err != nil {
			b.Fatal(err)
		}
	}
	for name, step := range map[string]time.Duration{"all jobs are read": 10 * time.Second, "a page is read": 0} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ahead.Add(int64(step))
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/overview", http.NoBody))
				if w.Code != http.StatusOK {
					b.Fatalf("answer %d %s", w.Code, w.Body)
				}
			}
		})
	}
}
