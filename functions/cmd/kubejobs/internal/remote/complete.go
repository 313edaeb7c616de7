package remote

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kubejobs/functions/cmd/kubejobs/internal/arguments"
	"kubejobs/functions/cmd/kubejobs/internal/screen"
	"kubejobs/shared/client"
	"kubejobs/shared/monitor"
)

const (
	// completeTimeout is how long a shell waits for ids.
	completeTimeout = 700 * time.Millisecond
	maxCompletions  = 100
)

// complete returns what completes the arguments of a command for a shell: the ids of jobs,
// which it asks the server for, and values of flags.
func (r *Remote) complete(c command) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		const nothing = cobra.ShellCompDirectiveNoFileComp
		if len(args) > 0 {
			switch args[len(args)-1] {
			case "--output", "-o":
				return c.formats, nothing
			case "--state":
				return monitor.States(), nothing
			case "--sort":
				return orders(), nothing
			case "--file":
				return nil, cobra.ShellCompDirectiveDefault
			}
		}
		if name, value, ok := strings.Cut(begun, "="); ok && name == "--output" {
			return withPrefix(name+"=", value, c.formats), nothing
		}
		if !c.ids || strings.HasPrefix(begun, "-") || r.awaitsValue(cmd, args) {
			return nil, nothing
		}
		return r.completeIDs(cmd, args, begun), nothing
	}
}

// awaitsValue reports whether the last argument is a flag that wants a value.
func (r *Remote) awaitsValue(cmd *cobra.Command, args []string) bool {
	if len(args) == 0 {
		return false
	}
	name, ok := strings.CutPrefix(args[len(args)-1], "--")
	flag := cmd.Flags().Lookup(name)
	return ok && flag != nil && flag.Value.Type() != "bool"
}

func withPrefix(before, begun string, texts []string) []cobra.Completion {
	var found []cobra.Completion
	for _, text := range texts {
		if strings.HasPrefix(text, begun) {
			found = append(found, before+text)
		}
	}
	return found
}

// completeIDs returns the ids that begin with a text and are not among the arguments, with
// the states of the jobs.
func (r *Remote) completeIDs(cmd *cobra.Command, args []string, begun string) []cobra.Completion {
	a, err := arguments.Parse(cmd, args)
	if err != nil {
		return nil
	}
	options, _ := r.options(a)
	options.Timeout, options.Retries = completeTimeout, -1
	c, err := client.New(options)
	if err != nil {
		return nil
	}
	ctx := cmd.Context()
	if ctx == nil {
		ctx = context.Background() // cobra completes without one
	}
	page, err := c.Overview(ctx, monitor.View{Text: begun, Limit: maxCompletions})
	if err != nil {
		return nil
	}
	var found []cobra.Completion
	for _, s := range page.Jobs {
		id := string(s.ID)
		if strings.HasPrefix(id, begun) && !slices.Contains(a.Rest, id) {
			found = append(found, cobra.CompletionWithDesc(id, screen.Printable(s.State)))
		}
	}
	return found
}
