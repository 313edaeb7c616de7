// Command kubejobs serves the function set, or runs all components on one machine.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"kubejobs/functions"
	"kubejobs/shared/core/failure"
)

func main() {
	functions.QuietRedis()
	err := newRoot().ExecuteContext(untilSignal())
	if status, ok := errors.AsType[exitError](err); ok {
		os.Exit(int(status))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "kubejobs:", err)
		os.Exit(statusOf(err))
	}
}

// untilSignal returns a context that ends with the first signal to end. A second one ends
// the process at once.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		defer failure.Rescue(func(error) { cancel() })
		<-signals
		signal.Stop(signals) // before anything that the end of the context causes
		cancel()
	}()
	return ctx
}

// exitError is an exit status of a command that has said why.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// statusOf returns the exit status of a program that failed.
func statusOf(err error) int {
	if _, ok := errors.AsType[usageError](err); ok {
		return 2
	}
	return 1
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "kubejobs",
		Short:         "Deadline tracking for queue-driven batch jobs, as a Knative function set",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(newServe(), newLocal(), newWatch(), newForecast(), newControl())
	return root
}
