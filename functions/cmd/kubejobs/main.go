// Command kubejobs serves the function set, or runs all components on one machine.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"kubejobs/functions"
	"kubejobs/functions/cmd/kubejobs/internal/exit"
	"kubejobs/functions/cmd/kubejobs/internal/remote"
	"kubejobs/shared/core/failure"
)

// Groups of commands.
const (
	groupServer = "server"
	groupRemote = "remote"
	groupFilter = "filter"
)

var rootHelp = `Deadline tracking for queue-driven batch jobs, as a Knative function set.

Try it: "kubejobs local --demo" monitors a real job for half a minute. "kubejobs local" serves everything on
http://127.0.0.1:8080; the commands that ask a server use that address unless --server or KUBEJOBS_URL names another one.
KUBEJOBS_TOKEN is sent to it as a bearer token.

` + exit.DocumentAll()

func main() {
	functions.QuietRedis()
	if err := newRoot().ExecuteContext(untilSignal()); err != nil {
		if !exit.Said(err) {
			fmt.Fprintln(os.Stderr, "kubejobs:", err)
		}
		os.Exit(exit.Of(err))
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

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "kubejobs",
		Short:         "Deadline tracking for queue-driven batch jobs, as a Knative function set",
		Long:          rootHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	r := remote.New(os.LookupEnv)
	root.AddGroup(&cobra.Group{ID: groupServer, Title: "Run a server:"}, &cobra.Group{ID: groupRemote, Title: "Ask a server:"},
		&cobra.Group{ID: groupFilter, Title: "Answer recorded samples:"})
	add := func(group string, commands ...*cobra.Command) {
		for _, cmd := range commands {
			cmd.GroupID = group
			root.AddCommand(cmd)
		}
	}
	add(groupServer, newServe(), newLocal())
	add(groupRemote, r.Commands()...)
	add(groupRemote, newForecast(r))
	add(groupFilter, newControl())
	return root
}
