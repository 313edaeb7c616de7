package monitor

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Tasks run beside one another, on goroutines that are kept for the next ones and end when
// there are none.
func TestCrew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCrew()
		goroutines := map[string]bool{}
		var mu sync.Mutex
		for round := range 3 {
			var tasks sync.WaitGroup
			tasks.Add(4)
			go func() {
				for range 4 {
					c.run(func() {
						mu.Lock()
						goroutines[goroutine()] = true
						mu.Unlock()
						tasks.Done()
						tasks.Wait() // all four at once
					})
				}
			}()
			synctest.Wait()
			if len(goroutines) != 4 {
				t.Fatalf("round %d: the tasks ran on %d goroutines, want 4", round, len(goroutines))
			}
		}
		time.Sleep(2 * crewIdle) // none may be left at the end of the bubble
		synctest.Wait()
	})
}

// goroutine returns the name of the caller's goroutine.
func goroutine() string {
	text := make([]byte, 32)
	text = text[:runtime.Stack(text, false)]
	for i, c := range text {
		if c == '[' {
			return string(text[:i])
		}
	}
	return string(text)
}
