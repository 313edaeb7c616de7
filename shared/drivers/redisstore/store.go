// Package redisstore stores jobs in Redis through go-redis's universal client
// (single server, Sentinel or Cluster). Load, Replay and the commit of a living
// job take one round trip each.
package redisstore

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/redisbatch"
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

//go:embed lua/suspect.lua
var suspectSource string

//go:embed lua/usequeue.lua
var useQueueSource string

//go:embed lua/leavequeue.lua
var leaveQueueSource string

//go:embed lua/takeplace.lua
var takePlaceSource string

//go:embed lua/freeplaces.lua
var freePlacesSource string

// Store is a monitor.Store on Redis.
type Store struct {
	client                             redis.UniversalClient
	batch                              *redisbatch.Batcher // for what ticks send
	cache                              *jobCache
	commit                             *redisbatch.Script
	create, field, kubeStatus, suspect *redis.Script
	useQueue, leaveQueue               *redis.Script
	takePlace, freePlaces              *redis.Script

	noKubeStatus bool // see WithoutKubeStatus
}

var _ monitor.Store = (*Store)(nil)

// New returns a Store on client. The caller closes the client.
func New(client redis.UniversalClient) *Store {
	return &Store{
		client:     client,
		batch:      redisbatch.New(client),
		cache:      newJobCache(),
		create:     redis.NewScript(createSource),
		commit:     redisbatch.NewScript(fmt.Sprintf("local REMEMBER, KEEP = %d, %d\n", Remembered, job.MaxJournal) + commitSource),
		field:      redis.NewScript(fieldSource),
		kubeStatus: redis.NewScript(kubeStatusSource),
		suspect:    redis.NewScript(suspectSource),
		useQueue:   redis.NewScript(useQueueSource),
		leaveQueue: redis.NewScript(leaveQueueSource),
		takePlace:  redis.NewScript(takePlaceSource),
		freePlaces: redis.NewScript(freePlacesSource),
	}
}

// WithoutKubeStatus returns the store for ticks that use no stored status of a Kubernetes Job:
// Load leaves it out.
func (s *Store) WithoutKubeStatus() *Store {
	other := *s
	other.noKubeStatus = true
	return &other
}

// Ping implements monitor.JobStore.
func (s *Store) Ping(ctx context.Context) error {
	return unavailable("ping state store", s.client.Ping(ctx).Err())
}

// unavailable classifies an error of Redis: a record of a wrong type is
// unreadable, everything else may be transient. It returns nil for nil.
func unavailable(operation string, err error) error {
	switch {
	case err == nil:
		return nil
	case wrongType(err):
		return unreadable(fmt.Errorf("%s: %w", operation, err))
	case redis.IsAuthError(err):
		return failure.Unavailable("the state store refuses the login (STATE_REDIS_URL)", fmt.Errorf("%s: %w", operation, err))
	case redis.IsPermissionError(err):
		return failure.Unavailable("the state store's user lacks a right (STATE_REDIS_URL)", fmt.Errorf("%s: %w", operation, err))
	default:
		return failure.Unavailable("the state store does not answer", fmt.Errorf("%s: %w", operation, err))
	}
}

// wrongType reports whether Redis refused because a key holds another type than
// the command wants.
func wrongType(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply) && strings.Contains(reply.Error(), "WRONGTYPE")
}

// unreadable wraps the cause why a record cannot be decoded.
func unreadable(cause error) error { return fmt.Errorf("%w: %w", monitor.ErrUnreadable, cause) }

// digit returns "1" for true and "0" for false, as the scripts and fields
// expect.
func digit(on bool) string {
	if on {
		return "1"
	}
	return "0"
}
