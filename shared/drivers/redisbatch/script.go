package redisbatch

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// Script is a script of a Redis, which is sent by its digest, and once whole to a server
// that does not know it.
type Script struct {
	source string
	digest string
}

// NewScript returns a Script.
func NewScript(source string) *Script { return &Script{source, redis.NewScript(source).Hash()} }

// Run runs the script through a Batcher, and returns its answer.
func (s *Script) Run(ctx context.Context, b *Batcher, keys []string, args ...any) (any, error) {
	command := s.command(ctx, "evalsha", s.digest, keys, args)
	err := b.Do(ctx, command)
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		command = s.command(ctx, "eval", s.source, keys, args)
		err = b.Do(ctx, command)
	}
	if err != nil {
		return nil, err
	}
	return command.Val(), nil
}

func (*Script) command(ctx context.Context, name, script string, keys []string, args []any) *redis.Cmd {
	all := make([]any, 0, 3+len(keys)+len(args))
	all = append(all, name, script, len(keys))
	for _, key := range keys {
		all = append(all, key)
	}
	command := redis.NewCmd(ctx, append(all, args...)...)
	command.SetFirstKeyPos(3)
	return command
}
