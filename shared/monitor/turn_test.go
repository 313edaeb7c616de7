package monitor

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// burst begins n calls that each hold their turn for hold, and returns how many had
// one when all have ended.
func burst(ctx context.Context, turns *turns, n int, hold time.Duration, answered bool) int {
	had := make(chan bool)
	for range n {
		go func() {
			ok := turns.take(ctx)
			if ok {
				time.Sleep(hold)
				turns.end(answered)
			}
			had <- ok
		}()
	}
	count := 0
	for range n {
		if <-had {
			count++
		}
	}
	return count
}

// While the scheduler answers, every call gets a turn, however many there are. While
// it does not, only MaxWaiting do.
func TestTurns(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		hold     time.Duration
		answered bool
		want     int
		longest  time.Duration
	}{
		"answered at once":      {10 * time.Millisecond, true, 120, 240 * time.Millisecond},
		"answered late":         {900 * time.Millisecond, true, 120, 22 * time.Second},
		"not answered":          {10 * time.Second, false, MaxWaiting, 10 * time.Second},
		"refused over and over": {10 * time.Second, true, MaxWaiting, 10 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				longest, cancel := context.WithTimeout(t.Context(), tt.longest+time.Millisecond)
				defer cancel()
				if got := burst(t.Context(), newTurns(), 120, tt.hold, tt.answered); got != tt.want {
					t.Errorf("%d of 120 calls had a turn, want %d", got, tt.want)
				}
				if longest.Err() != nil {
					t.Errorf("the burst took longer than %v", tt.longest)
				}
			})
		})
	}
}

// Once the scheduler was found not to answer, further calls do not wait; when it
// answers again, they do.
func TestTurnsAfterAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns()
		done := make(chan int)
		go func() { done <- burst(t.Context(), turns, MaxWaiting+1, 10*time.Second, false) }()
		time.Sleep(turnPatience + time.Second)
		refused := make(chan bool, 1)
		go func() { refused <- !turns.take(t.Context()) }()
		synctest.Wait() // the clock stands still
		select {
		case ok := <-refused:
			if !ok {
				t.Error("a call during the outage had a turn")
			}
		default:
			t.Error("a call during the outage waits")
		}
		if got := <-done; got != MaxWaiting {
			t.Errorf("%d calls had a turn, want %d", got, MaxWaiting)
		}
		if got := burst(t.Context(), turns, 50, 10*time.Millisecond, true); got != 50 {
			t.Errorf("%d of 50 calls had a turn after the outage, want all", got)
		}
	})
}

// A call whose context ends has no turn.
func TestTurnsEndWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns()
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if got := burst(ctx, turns, MaxWaiting+3, time.Minute, true); got != MaxWaiting {
			t.Errorf("%d calls had a turn, want %d", got, MaxWaiting)
		}
	})
}
