package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"kubejobs/shared/monitor"
)

// Overview returns the jobs that a view selects, living and ended ones, without report,
// publishers and events; how many there are in all; and how many in each state. The zero
// View selects all jobs, the most urgent first, 25 of them. The error is of kind ErrOld if
// the server does not know this call.
func (c *Client) Overview(ctx context.Context, v monitor.View) (monitor.Overview, error) {
	what := get("overview")
	what.query = viewQuery(v)
	var overview monitor.Overview
	if err := c.do(ctx, what, &overview); err != nil {
		return monitor.Overview{}, c.explainOld(ctx, err)
	}
	if overview.Jobs == nil || slices.Contains(overview.Jobs, nil) {
		return monitor.Overview{}, c.foreign(http.StatusOK, "answers something other than an overview of jobs")
	}
	return overview, nil
}

// overviewPage is the size of the largest page of an overview.
const overviewPage = 100

// Select returns all jobs that a view selects, in its order, page by page; v.Limit bounds
// their number, 0 does not. A job that changes its place between two pages may come twice
// or not at all. It ends after the first error.
func (c *Client) Select(ctx context.Context, v monitor.View) iter.Seq2[monitor.Status, error] {
	return func(yield func(monitor.Status, error) bool) {
		left := v.Limit
		for {
			v.Limit = overviewPage
			if left > 0 {
				v.Limit = min(left, overviewPage)
			}
			page, err := c.Overview(ctx, v)
			if err != nil {
				yield(monitor.Status{}, err)
				return
			}
			for _, status := range page.Jobs {
				if !yield(*status, nil) {
					return
				}
			}
			v.Offset += len(page.Jobs)
			if left -= len(page.Jobs); left == 0 || len(page.Jobs) == 0 || v.Offset >= page.Total {
				return
			}
		}
	}
}

// explainOld returns the error of a call that older servers do not know: of kind ErrOld if
// this is such a server.
func (c *Client) explainOld(ctx context.Context, err error) error {
	failed, ok := isStatus(err, http.StatusNotFound)
	if !ok {
		return err
	}
	if _, _, listErr := c.List(ctx, "", 1); listErr != nil {
		return err
	}
	return &Error{
		Kind: ErrOld, Status: failed.Status,
		Message: "the kubejobs at " + c.Server() + " is older than this program: it has no /overview; update it",
	}
}

// viewQuery returns a view as the parameters of /overview.
func viewQuery(v monitor.View) url.Values {
	query := url.Values{}
	if v.Text != "" {
		query.Set("q", v.Text)
	}
	for _, id := range v.IDs {
		query.Add("id", string(id))
	}
	for _, state := range v.States {
		query.Add("state", state)
	}
	if v.Order != "" {
		order := string(v.Order)
		if v.Reverse {
			order = "-" + order
		}
		query.Set("sort", order)
	}
	if v.Limit != 0 {
		query.Set("limit", strconv.Itoa(v.Limit))
	}
	if v.Offset != 0 {
		query.Set("offset", strconv.Itoa(v.Offset))
	}
	return query
}
