package controlplane

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

const (
	awaitTimeout = time.Minute
	pollPeriod   = 25 * time.Millisecond
)

// Await waits until holds returns nil. After a minute it fails the test with the last
// error of holds.
func Await(tb testing.TB, what string, holds func(context.Context) error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), awaitTimeout)
	defer cancel()
	if err := poll(ctx, holds); err != nil {
		tb.Fatalf("%s: %v", what, err)
	}
}

// fatal is an error after which waiting is useless.
type fatal struct{ error }

func (f fatal) Unwrap() error { return f.error }

// poll calls holds until it returns nil or a fatal error, or ctx ends. Then the error
// wraps the last one of holds.
func poll(ctx context.Context, holds func(context.Context) error) error {
	ticker := time.NewTicker(pollPeriod)
	defer ticker.Stop()
	var last error
	for {
		err := holds(ctx)
		if err == nil || errors.As(err, new(fatal)) {
			return err
		}
		if ctx.Err() == nil || last == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w, last: %w", ctx.Err(), last)
		case <-ticker.C:
		}
	}
}
