package embedredis

import (
	"slices"
	"strings"
	"sync"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"

	"kubejobs/shared/core/failure"
)

// commands runs commands in place of the server, so that one that panics ends only
// itself.
type commands struct {
	redis   *miniredis.Miniredis
	scripts scripts

	mu      sync.Mutex
	running map[*server.Peer]bool
}

func newCommands(redis *miniredis.Miniredis) *commands {
	return &commands{redis: redis, scripts: scripts{confined: map[string]string{}}, running: map[*server.Peer]bool{}}
}

// run is the server's hook before each command. It reports whether the command is done:
// run gives it to the server again, and does nothing when that asks it once more.
func (c *commands) run(client *server.Peer, command string, arguments ...string) (done bool) {
	if !c.begin(client) {
		return false
	}
	defer c.end(client)
	defer failure.Rescue(func(err error) {
		if stack := failure.Stack(err); strings.Contains(stack, "/miniredis/v2.withTx(") && strings.Count(stack, ").run(") == 1 {
			c.redis.Unlock() // withTx locks while it runs a command that no script calls; a panic leaves that locked
		}
		client.WriteError("ERR the command failed")
		client.Close() // its transaction may be half done
		done = true
	})
	c.scripts.rewrite(command, arguments)
	if !refuseSubcommands(client, command, arguments...) {
		c.redis.Server().Dispatch(client, slices.Concat([]string{command}, arguments))
	}
	return true
}

// begin reports whether the client runs no command.
func (c *commands) begin(client *server.Peer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running[client] {
		return false
	}
	c.running[client] = true
	return true
}

func (c *commands) end(client *server.Peer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.running, client)
}

// refuseSubcommands refuses COMMAND with arguments, as servers before Redis 7
// refuse COMMAND DOCS. miniredis answers it as if there were none; redis-cli, which
// asks for it when it starts, aborts on that answer and goes on after a refusal.
func refuseSubcommands(client *server.Peer, command string, arguments ...string) bool {
	if command != "COMMAND" || len(arguments) == 0 {
		return false
	}
	client.WriteError("ERR unknown subcommand of COMMAND")
	return true
}
