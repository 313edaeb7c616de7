package client

import (
	"context"
	"iter"
	"net/url"
	"strconv"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// samplePage is the size of a page of samples, the largest that there is.
const samplePage = 1000

// Samples returns the stored samples of a job in a range, oldest first, page by page: at
// most 900 evenly spaced ones of the whole run, and the highest, lowest and latest. It ends
// after the first error, which is of kind ErrNotFound for an unknown job.
func (c *Client) Samples(ctx context.Context, id job.ID, in monitor.SampleRange) iter.Seq2[monitor.TimedSample, error] {
	return func(yield func(monitor.TimedSample, error) bool) {
		for count := 0; ; {
			limit := samplePage
			if in.Limit > 0 {
				limit = min(limit, in.Limit-count)
			}
			var page monitor.SamplePage
			if err := c.readWith(ctx, id, rangeQuery(in, limit), &page, "samples"); err != nil {
				yield(monitor.TimedSample{}, err)
				return
			}
			for _, x := range page.Samples {
				if !yield(x, nil) {
					return
				}
			}
			count += len(page.Samples)
			if page.Next == "" || len(page.Samples) == 0 || in.Limit > 0 && count >= in.Limit {
				return
			}
			in.Since = time.UnixMilli(page.Samples[len(page.Samples)-1].Timestamp + 1)
		}
	}
}

// rangeQuery returns the parameters of a page of samples.
func rangeQuery(in monitor.SampleRange, limit int) url.Values {
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	for name, at := range map[string]time.Time{"since": in.Since, "until": in.Until} {
		if !at.IsZero() {
			query.Set(name, at.UTC().Format(time.RFC3339Nano))
		}
	}
	return query
}
