package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

const (
	watchInterval = 500 * time.Millisecond
	watchTimeout  = 5 * time.Second
	// watchPatience is how many consecutive reads may fail.
	watchPatience = 10
)

func newWatch() *cobra.Command {
	var server string
	cmd := &cobra.Command{
		Use:   "watch ID",
		Short: "Show the live progress of a job until it ends",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := job.ParseID(args[0])
			if err != nil {
				return err
			}
			_, err = watch(cmd.Context(), cmd.OutOrStdout(), server, id)
			return err
		},
	}
	cmd.Flags().StringVar(&server, "server", "http://127.0.0.1:8080", "base URL of the kubejobs server")
	return cmd
}

// watch shows a job until it ends: on a terminal one line that is redrawn,
// elsewhere a line for each sample.
func watch(ctx context.Context, out io.Writer, server string, id job.ID) (monitor.Status, error) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	var shown int64
	failures := 0
	for {
		status, err := getStatus(ctx, server, id)
		switch {
		case ctx.Err() != nil:
			return status, nil
		case err != nil && (failure.KindOf(err) == failure.KindNotFound || failures >= watchPatience):
			return status, err
		case err != nil:
			failures++
		default:
			failures = 0
			if terminal(out) {
				fmt.Fprintf(out, "\r\x1b[K%s", progressLine(status, time.Now()))
			} else if status.Samples != shown {
				fmt.Fprintln(out, progressLine(status, time.Now()))
			}
			shown = status.Samples
			if !status.Phase.Living() {
				if terminal(out) {
					fmt.Fprintln(out)
				}
				return status, nil
			}
		}
		select {
		case <-ctx.Done():
			return status, nil
		case <-ticker.C:
		}
	}
}

func terminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// getStatus reads a job's status.
func getStatus(ctx context.Context, server string, id job.ID) (monitor.Status, error) {
	var status monitor.Status
	err := getJSON(ctx, server, "/monitoring/"+string(id), &status)
	return status, err
}

// getJSON reads one answer. The error for 404 is monitor.ErrUnknownJob.
func getJSON(ctx context.Context, server, path string, into any) error {
	target, err := url.JoinPath(server, path)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	switch {
	case err != nil:
		return err
	case response.StatusCode == http.StatusNotFound:
		return monitor.ErrUnknownJob
	case response.StatusCode != http.StatusOK:
		return errors.New(response.Status + ": " + strings.TrimSpace(string(body)))
	}
	return json.Unmarshal(body, into)
}
