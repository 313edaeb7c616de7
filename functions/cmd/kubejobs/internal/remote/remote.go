// Package remote implements the commands that ask a server: start, stop, status and others.
package remote

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"kubejobs/functions/cmd/kubejobs/internal/arguments"
	"kubejobs/functions/cmd/kubejobs/internal/exit"
	"kubejobs/shared/client"
)

// Settings of the environment.
const (
	envServer = "KUBEJOBS_URL"
	envToken  = "KUBEJOBS_TOKEN" //nolint:gosec // the name, not the token
)

// Remote holds what the commands share.
type Remote struct {
	lookup func(string) (string, bool)
}

// New returns the commands' settings. lookup reads the environment.
func New(lookup func(string) (string, bool)) *Remote { return &Remote{lookup} }

// Commands returns all commands but forecast, which is also a filter.
func (r *Remote) Commands() []*cobra.Command {
	return []*cobra.Command{r.start(), r.stop(), r.status(), r.list(), r.report(), r.samples(), r.events(), r.watch()}
}

// command is one command: how it reads its arguments, and what it does then.
type command struct {
	use, short, long, example string

	ids      bool     // its arguments are ids, which the shell completes
	formats  []string // of --output; none: it has no such flag
	statuses string   // what its help says about exit statuses; "": exit.Document
	flags    func(*cobra.Command)
	// read reads the arguments. It returns what to do if nothing is wrong with them.
	read func(*arguments.Arguments) action
}

// action does what a command is for.
type action func(ctx context.Context, s *session) error

// session is one run of a command.
type session struct {
	client *client.Client
	in     io.Reader
	out    io.Writer
	err    io.Writer
	format string
}

// build returns the command of cobra. Its flags are read by this package, as cobra stops at
// the first wrong one.
func (r *Remote) build(c command) *cobra.Command {
	if c.statuses == "" {
		c.statuses = exit.Document()
	}
	cmd := &cobra.Command{
		Use: c.use, Short: c.short, Long: c.long + "\n\n" + c.statuses, Example: strings.TrimRight(c.example, "\n"),
		DisableFlagParsing: true,
	}
	if c.flags != nil {
		c.flags(cmd)
	}
	Flags(cmd, c.formats...)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a, err := arguments.Parse(cmd, args)
		if errors.Is(err, arguments.ErrHelp) {
			return cmd.Help()
		}
		return r.Do(cmd, a, c.formats, c.read(a))
	}
	cmd.ValidArgsFunction = r.complete(c)
	return cmd
}

// Flags declares the flags of a command that asks a server, and answers in one of some
// formats.
func Flags(cmd *cobra.Command, formats ...string) {
	cmd.Flags().String("server", client.DefaultServer, "base `URL` of the server (default also from "+envServer+")")
	if len(formats) > 0 {
		cmd.Flags().StringP("output", "o", formats[0], "`FORMAT` of the output: "+strings.Join(formats, ", "))
	}
}

// Do runs an action of a command with the flags of Flags, unless something is wrong with its
// arguments.
func (r *Remote) Do(cmd *cobra.Command, a *arguments.Arguments, formats []string, do action) error {
	s := &session{in: cmd.InOrStdin(), out: cmd.OutOrStdout(), err: cmd.ErrOrStderr()}
	if len(formats) > 0 {
		s.format = a.OneOf("output", formats...)
	}
	options, from := r.options(a)
	var err error
	if s.client, err = client.New(options); err != nil {
		if r.badToken(options) {
			from = envToken
		}
		a.Refuse("%s: %w", from, err)
	}
	if err := a.Err(); err != nil {
		return err
	}
	return coded(do(cmd.Context(), s))
}

// options returns the server to ask, and the setting that names it.
func (r *Remote) options(a *arguments.Arguments) (o client.Options, from string) {
	from = "--server"
	server, given := a.Text("server", false)
	if !given {
		if server, given = r.lookup(envServer); given && server != "" {
			from = envServer
		}
	} else if server == "" {
		server = " " // no address
	}
	token, _ := r.lookup(envToken)
	return client.Options{Server: server, Token: client.Token(strings.TrimSpace(token))}, from
}

// badToken reports whether it is the token that is wrong.
func (r *Remote) badToken(o client.Options) bool {
	o.Server = ""
	_, err := client.New(o)
	return err != nil
}

// coded returns an error with its exit status.
func coded(err error) error {
	switch {
	case err == nil, exit.Said(err):
		return err
	case errors.Is(err, client.ErrNotFound):
		return exit.CodedError{Err: err, Status: exit.NotFound}
	case errors.Is(err, client.ErrUnavailable), errors.Is(err, client.ErrNotYet), errors.Is(err, client.ErrLimit):
		return exit.CodedError{Err: err, Status: exit.Retry}
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted")
	default:
		return err
	}
}
