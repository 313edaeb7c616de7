package monitor

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// Due is one life of a job that is due.
type Due struct {
	ID   job.ID `json:"app_id"`
	Life int64  `json:"life"`
}

// Batch is some jobs that are due at an instant.
type Batch struct {
	Instant time.Time
	Due     []Due
}

// Batches carries batches to the instances that tick their jobs, and returns the jobs
// whose ticks must be repeated. After an error all of them must.
type Batches interface {
	Send(ctx context.Context, b Batch) ([]Due, error)
}

// BatchSignatureHeader is the HTTP header of a batch that holds the HMAC-SHA256 of the body, in
// hexadecimal digits.
const BatchSignatureHeader = "Kubejobs-Signature"

// MaxBatch is the greatest number of jobs of a batch.
const MaxBatch = 50

// batchTicks is how many ticks of a batch are under way at once.
const batchTicks = 16

// split returns the jobs of a page in batches, without those that began after the
// instant.
func split(page []Due, instant time.Time) [][]Due {
	var batches [][]Due
	for _, due := range page {
		if due.Life > instant.UnixMilli() {
			continue
		}
		if last := len(batches) - 1; last < 0 || len(batches[last]) == MaxBatch {
			batches = append(batches, make([]Due, 0, MaxBatch))
		}
		last := len(batches) - 1
		batches[last] = append(batches[last], due)
	}
	return batches
}

// here is a Batches that ticks in this instance.
type here struct{ *Metronome }

func (h here) Send(ctx context.Context, b Batch) ([]Due, error) { return h.Take(ctx, b), nil }

// Take ticks the jobs of a batch, and returns those whose ticks must be repeated. The id
// of a tick follows from its life and the instant, so that a batch that comes again takes
// no sample twice.
func (m *Metronome) Take(ctx context.Context, b Batch) []Due {
	again := make([]bool, len(b.Due))
	var group errgroup.Group
	group.SetLimit(batchTicks)
	for n, due := range b.Due {
		group.Go(func() error {
			defer failure.Rescue(func(err error) { m.failed(ctx, due, err) })
			_, err := m.tick(ctx, Tick{ID: tickID(due, b.Instant), Job: due.ID, Life: due.Life, Sent: b.Instant})
			if err != nil {
				again[n] = failure.IsRetryable(err)
				m.failed(ctx, due, err)
			}
			return nil
		})
	}
	_ = group.Wait() // no error: a job of a batch has nothing to do with another one
	var repeat []Due
	for n, due := range b.Due {
		if again[n] {
			repeat = append(repeat, due)
		}
	}
	return repeat
}

// failed logs the failure of one tick, which concerns no other job.
func (m *Metronome) failed(ctx context.Context, due Due, err error) {
	m.log.WarnContext(ctx, "a tick failed", "job", due.ID, "error", err, "stack", failure.Stack(err))
}

// tickID returns the id of the tick of a life at an instant.
func tickID(due Due, instant time.Time) string {
	return fmt.Sprintf("metronome-%s-%s", strconv.FormatInt(due.Life, 36), strconv.FormatInt(instant.UnixMilli(), 36))
}
