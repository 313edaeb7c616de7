// Package redisstore stores jobs in Redis through go-redis's universal client
// (single server, Sentinel or Cluster). Load, Replay and the commit of a living
// job take one round trip each.
package redisstore

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/monitor"
)

//go:embed lua/create.lua
var createSource string

//go:embed lua/commit.lua
var commitSource string

//go:embed lua/field.lua
var fieldSource string

//go:embed lua/kubestatus.lua
var kubeStatusSource string

// Store is a monitor.Store on Redis.
type Store struct {
	client                            redis.UniversalClient
	create, commit, field, kubeStatus *redis.Script
}

var _ monitor.Store = (*Store)(nil)

// New returns a Store on client. The caller closes the client.
func New(client redis.UniversalClient) *Store {
	return &Store{
		client:     client,
		create:     redis.NewScript(createSource),
		commit:     redis.NewScript(commitSource),
		field:      redis.NewScript(fieldSource),
		kubeStatus: redis.NewScript(kubeStatusSource),
	}
}

// Ping implements monitor.JobStore.
func (s *Store) Ping(ctx context.Context) error {
	return unavailable("ping state store", s.client.Ping(ctx).Err())
}

// unavailable wraps an error of Redis, which may be transient, as one of kind
// unavailable. It returns nil for nil.
func unavailable(operation string, err error) error {
	if err == nil {
		return nil
	}
	return failure.Unavailable("the state store does not answer", fmt.Errorf("%s: %w", operation, err))
}

// digit returns "1" for true and "0" for false, as the scripts and fields
// expect.
func digit(on bool) string { return strconv.Itoa(map[bool]int{true: 1}[on]) }
