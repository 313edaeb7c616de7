package client

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Start starts the monitoring of a job and returns what is in force. Only ID and Budget are
// required; what else is zero is filled in by the server: the number of items, for example,
// is read from the queue. The same request again for a living job changes nothing. Errors are of kind ErrInvalid (the
// message names every wrong field), ErrConflict (the job is living, with another request),
// ErrLimit and ErrUnavailable.
func (c *Client) Start(ctx context.Context, r monitor.Request) (monitor.StartAnswer, error) {
	body, err := Encode(r)
	if err != nil {
		return monitor.StartAnswer{}, &Error{Kind: ErrInvalid, Message: printable(err.Error()), Err: err}
	}
	return c.StartBody(ctx, r.ID, body)
}

// StartBody is Start with a body as it is sent: JSON in the format of Asperathos' Manager,
// {"plugin":"kubejobs","plugin_info":{"expected_time":40}}, at most 64 KiB.
func (c *Client) StartBody(ctx context.Context, id job.ID, body []byte) (monitor.StartAnswer, error) {
	if err := check(id); err != nil {
		return monitor.StartAnswer{}, err
	}
	var answer monitor.StartAnswer
	err := c.do(ctx, call{method: http.MethodPost, path: []string{"monitoring", string(id)}, body: body, want: http.StatusAccepted}, &answer)
	return answer, err
}

// Stop ends the monitoring of a job, which has no report then. Stopping a stopped job
// changes nothing. The error for an unknown job is of kind ErrNotFound.
func (c *Client) Stop(ctx context.Context, id job.ID) error {
	if err := check(id); err != nil {
		return err
	}
	return c.do(ctx, call{method: http.MethodPut, path: []string{"monitoring", string(id), "stop"}, want: http.StatusNoContent}, nil)
}

// Status returns the status of a job, living or ended. The error for an unknown job is of
// kind ErrNotFound.
func (c *Client) Status(ctx context.Context, id job.ID) (monitor.Status, error) {
	var status monitor.Status
	if err := c.read(ctx, id, &status); err != nil {
		return monitor.Status{}, err
	}
	if status.ID != id || status.Phase == "" {
		return monitor.Status{}, c.foreign(http.StatusOK, "answers something other than the status of a job")
	}
	return status, nil
}

// List returns a page of the living jobs in the order of their ids, and the cursor of the
// next page, "" at the end. after is the cursor of the page before, "" for the first page;
// limit is 1 to 100, 0 for 100. Overview selects, sorts and counts, and also knows the ended
// jobs.
func (c *Client) List(ctx context.Context, after job.ID, limit int) ([]monitor.Status, job.ID, error) {
	query := url.Values{}
	if after != "" {
		query.Set("after", string(after))
	}
	if limit != 0 {
		query.Set("limit", strconv.Itoa(limit))
	}
	what := get("monitoring")
	what.query = query
	var page monitor.StatusPage
	if err := c.do(ctx, what, &page); err != nil {
		return nil, "", err
	}
	next, err := url.Parse(page.Next)
	if page.Jobs == nil || err != nil {
		return nil, "", c.foreign(http.StatusOK, "answers something other than a list of jobs")
	}
	return page.Jobs, job.ID(next.Query().Get("after")), nil
}

// Jobs returns all living jobs, in the order of their ids, page by page. It ends after the
// first error.
func (c *Client) Jobs(ctx context.Context) iter.Seq2[monitor.Status, error] {
	return func(yield func(monitor.Status, error) bool) {
		for after := job.ID(""); ; {
			jobs, next, err := c.List(ctx, after, 0)
			if err != nil {
				yield(monitor.Status{}, err)
				return
			}
			for _, status := range jobs {
				if !yield(status, nil) {
					return
				}
			}
			if next == "" || next == after {
				return
			}
			after = next
		}
	}
}

// read reads what is below the path of a job.
func (c *Client) read(ctx context.Context, id job.ID, into any, below ...string) error {
	return c.readWith(ctx, id, nil, into, below...)
}

// readWith is read with a query.
func (c *Client) readWith(ctx context.Context, id job.ID, query url.Values, into any, below ...string) error {
	if err := check(id); err != nil {
		return err
	}
	what := get(append([]string{"monitoring", string(id)}, below...)...)
	what.query = query
	return c.do(ctx, what, into)
}

// check refuses what is no id before anything is sent.
func check(id job.ID) error {
	if _, err := job.ParseID(string(id)); err != nil {
		typed, _ := errors.AsType[*failure.Error](err)
		return &Error{Kind: ErrInvalid, Message: typed.Public(), Err: err}
	}
	return nil
}
