package remote

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"kubejobs/functions/cmd/kubejobs/internal/arguments"
	"kubejobs/functions/cmd/kubejobs/internal/exit"
	"kubejobs/functions/cmd/kubejobs/internal/watch"
)

func (r *Remote) watch() *cobra.Command {
	cmd := r.build(command{
		use: "watch [ID…]", short: "Show the live progress of jobs until they end",
		long: "Shows the live progress of jobs until they end; without ids that of all living jobs, the most urgent first, until\n" +
			"none is left. On a terminal it redraws a table, elsewhere it prints a line for each change. It follows one stream,\n" +
			"which resumes by itself.",
		example: "  kubejobs watch demo\n  kubejobs watch demo resize\n  kubejobs watch --server http://kubejobs.example",
		ids:     true, statuses: exit.DocumentWatch(),
		read: func(a *arguments.Arguments) action {
			ids := a.IDs(0, watch.MaxJobs)
			return func(ctx context.Context, s *session) error { return unchanged(watch.Jobs(ctx, s.out, s.client, ids)) }
		},
	})
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		err := run(cmd, args)
		if usage, ok := errors.AsType[exit.UsageError](err); ok { // 2 is a job that was late
			return exit.CodedError{Err: usage, Status: exit.Failed}
		}
		return err
	}
	return cmd
}
