package client

import (
	"context"
	"errors"
	"net/http"

	"kubejobs/shared/core/job"
)

// Report returns the report of a job that finished or failed. Errors are of kind ErrNotYet
// while the job is living or its state cannot be read (ask again), and ErrNotFound if the
// job is unknown, or was stopped: errors.Is(err, monitor.ErrNoReport).
func (c *Client) Report(ctx context.Context, id job.ID) (job.Report, error) {
	var report job.Report
	err := c.read(ctx, id, &report, "report")
	return report, notYet(err)
}

// DetailedReport returns the samples of a job that finished or failed, by second:
// "2026-11-24T05:41:07Z". The errors are those of Report.
func (c *Client) DetailedReport(ctx context.Context, id job.ID) (job.Detailed, error) {
	var report job.Detailed
	err := c.read(ctx, id, &report, "report", "detailed")
	return report, notYet(err)
}

// notYet returns the error of a report: 202 means that it is not there yet.
func notYet(err error) error {
	if failed, ok := errors.AsType[*Error](err); ok && failed.Status == http.StatusAccepted {
		return &Error{Kind: ErrNotYet, Status: failed.Status, Message: "there is no report yet: the job is living, or its state cannot be read just now"}
	}
	return err
}
