package secrets_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/secrets"
)

// source is a Source that returns what was set, and counts.
type source struct {
	mu    sync.Mutex
	reads int
	err   error
	value string
	hang  chan struct{} // nil: Read returns at once
}

func (s *source) set(value string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value, s.err = value, err
}

func (s *source) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// Read implements secrets.Source.
func (s *source) Read(ctx context.Context, _ string) (map[string][]byte, error) {
	s.mu.Lock()
	s.reads++
	hang := s.hang
	s.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-ctx.Done():
			return nil, failure.Unavailable("no answer", ctx.Err())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.value == "panic" {
		panic("source")
	}
	return map[string][]byte{"password": []byte(s.value)}, s.err
}

// What was read is used for a minute, a failure for five seconds, and what cannot be read
// again for a quarter of an hour.
func TestCache(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gone := failure.Refused("the Secret redis does not exist", nil)
		away := failure.Unavailable("Kubernetes does not answer", nil)
		s := &source{value: "one"}
		c := secrets.New(s, time.Now)
		expect := func(step, want string, reads int) {
			t.Helper()
			set, err := c.Get(t.Context(), "redis")
			got := set.Password
			if err != nil {
				got = "error"
			}
			if got != want || s.count() != reads {
				t.Errorf("%s: %q after %d reads (%v), want %q after %d", step, got, s.count(), err, want, reads)
			}
		}
		expect("first", "one", 1)
		s.set("two", nil)
		time.Sleep(59 * time.Second)
		expect("within a minute", "one", 1)
		time.Sleep(time.Second)
		expect("after a minute", "two", 2)
		s.set("", away)
		time.Sleep(time.Minute)
		expect("unavailable", "two", 3)
		expect("and again", "two", 3)
		time.Sleep(5 * time.Second)
		expect("still unavailable", "two", 4)
		time.Sleep(15 * time.Minute)
		expect("for too long", "error", 5)
		s.set("three", nil)
		time.Sleep(5 * time.Second)
		expect("available", "three", 6)
		s.set("", gone)
		time.Sleep(time.Minute)
		expect("deleted", "error", 7)
		expect("a failure is kept", "error", 7)
		s.set("four", nil)
		time.Sleep(5 * time.Second)
		expect("created again", "four", 8)
		s.set("panic", nil)
		time.Sleep(time.Minute)
		expect("a panic", "error", 9)
	})
}

// Many callers share one read, and one that gives up ends it for nobody.
func TestCallersShareARead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{value: "one", hang: make(chan struct{})}
		c := secrets.New(s, time.Now)
		var all sync.WaitGroup
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		all.Go(func() {
			if _, err := c.Get(impatient, "redis"); !failure.IsRetryable(err) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a caller that gives up: %v", err)
			}
		})
		for range 50 {
			all.Go(func() {
				if set, err := c.Get(t.Context(), "redis"); err != nil || set.Password != "one" {
					t.Errorf("Get = %q, %v", set.Password, err)
				}
			})
		}
		time.Sleep(2 * time.Second)
		close(s.hang)
		all.Wait()
		if s.count() != 1 {
			t.Errorf("%d reads, want 1", s.count())
		}
	})
}

// A read that hangs ends, and the number of Secrets in memory is bounded.
func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{value: "one", hang: make(chan struct{})}
		c := secrets.New(s, time.Now)
		begun := time.Now()
		if _, err := c.Get(t.Context(), "redis"); !failure.IsRetryable(err) || time.Since(begun) > 5*time.Second {
			t.Errorf("a source that hangs: %v after %v", err, time.Since(begun))
		}
		close(s.hang)
		for i := range 3000 {
			if _, err := c.Get(t.Context(), fmt.Sprint("redis-", i)); err != nil {
				t.Fatal(err)
			}
		}
		before := s.count()
		_, _ = c.Get(t.Context(), "redis-2999")
		_, _ = c.Get(t.Context(), "redis-0")
		if s.count() != before+1 {
			t.Errorf("%d reads, want one of a Secret that was displaced", s.count()-before)
		}
	})
}

// Neither a name that is none, nor a Secret whose contents are wrong, is shown.
func TestCacheRefuses(t *testing.T) {
	t.Parallel()
	s := &source{value: "hunter2\x00"}
	c := secrets.New(s, time.Now)
	if _, err := c.Get(t.Context(), "../hunter2"); failure.KindOf(err) != failure.KindRefused || strings.Contains(err.Error(), "hunter2") || s.count() != 0 {
		t.Errorf("a path: %v after %d reads", err, s.count())
	}
	_, err := c.Get(t.Context(), "redis")
	if want := "the Secret redis has control characters in password"; err == nil || err.Error() != want || failure.KindOf(err) != failure.KindRefused {
		t.Errorf("error %v, want %s", err, want)
	}
}

// BenchmarkCache measures what a tick of a job with a Secret pays.
func BenchmarkCache(b *testing.B) {
	c := secrets.New(&source{value: "one"}, time.Now)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Get(b.Context(), "redis"); err != nil {
			b.Fatal(err)
		}
	}
}
