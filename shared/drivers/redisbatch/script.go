package redisbatch

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// Script is a script of a Redis, which is sent by its digest, and once whole to a server
// that does not know it.
type Script struct {
	source, digest any // texts
}

// NewScript returns a Script.
func NewScript(source string) *Script { return &Script{source, redis.NewScript(source).Hash()} }

// Run runs the script through a Batcher, and returns its answer. The keys are texts.
func (s *Script) Run(ctx context.Context, b *Batcher, keys []any, args ...any) (any, error) {
	command := s.command(ctx, "evalsha", s.digest, keys, args)
	err := b.Do(ctx, command)
	if err != nil && redis.HasErrorPrefix(err, "NOSCRIPT") {
		command = s.command(ctx, "eval", s.source, keys, args)
		err = b.Do(ctx, command)
	}
	if err != nil {
		return nil, err
	}
	return command.Val(), nil
}

func (*Script) command(ctx context.Context, name string, script any, keys, args []any) *redis.Cmd {
	all := append(make([]any, 0, 3+len(keys)+len(args)), name, script, len(keys))
	command := redis.NewCmd(ctx, append(append(all, keys...), args...)...)
	command.SetFirstKeyPos(3)
	return command
}
