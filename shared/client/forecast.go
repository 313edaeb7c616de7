package client

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Forecast returns when a job will be done, and with which probability it meets a deadline,
// under assumptions: the zero WhatIf assumes what the job has. It changes nothing. The
// error for an unknown job is of kind ErrNotFound, for an assumption out of its bounds
// ErrInvalid.
func (c *Client) Forecast(ctx context.Context, id job.ID, assumed monitor.WhatIf) (monitor.Prospect, error) {
	query := url.Values{}
	if assumed.Replicas != 0 {
		query.Set("replicas", strconv.FormatInt(assumed.Replicas, 10))
	}
	if assumed.Confidence != 0 {
		query.Set("confidence", strconv.FormatFloat(assumed.Confidence, 'g', -1, 64))
	}
	switch {
	case !assumed.Deadline.IsZero():
		query.Set("deadline", assumed.Deadline.UTC().Format(time.RFC3339Nano))
	case assumed.Budget != 0:
		query.Set("deadline", strconv.FormatFloat(assumed.Budget.Seconds(), 'g', -1, 64))
	}
	var prospect monitor.Prospect
	err := c.readWith(ctx, id, query, &prospect, "forecast")
	return prospect, err
}
