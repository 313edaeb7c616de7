package redisstore

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// queueUser is a life of a job that uses a list.
type queueUser struct {
	id   job.ID
	life int64
}

// listKeys returns the keys of sorted sets, one for each list of a queue: the id of a
// job that uses the list → its life. The keys of one database of a Redis share a hash
// tag. They are hashes, as the names of lists are long and may hold braces.
func listKeys(queue job.Queue) []string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:16])
	}
	prefix := "monitor:queue:{" + hash(queue.String()) + "}:"
	var keys []string
	for _, name := range queue.Lists.Names() {
		keys = append(keys, prefix+hash(name))
	}
	return keys
}

// UseQueue implements monitor.QueueStore. It takes one round trip, another one if
// other jobs are stored, and a third one if some of them have ended.
func (s *Store) UseQueue(ctx context.Context, spec job.Spec, keep time.Duration) ([]job.ID, error) {
	keys := listKeys(spec.Queue)
	reply, err := s.useQueue.Run(ctx, s.client, keys,
		string(spec.ID), spec.Life(), monitor.MaxQueueUsers, keep.Milliseconds()).StringSlice()
	if err != nil {
		return nil, unavailable("store user of queue", err)
	}
	users, err := decodeUsers(reply)
	if err != nil || len(users) == 0 {
		return nil, err
	}
	living, ended, err := s.sortOut(ctx, users)
	if len(ended) > 0 {
		_ = s.leave(ctx, keys, ended) // else the next reader does it
	}
	return living, err
}

// LeaveQueue implements monitor.QueueStore.
func (s *Store) LeaveQueue(ctx context.Context, spec job.Spec) error {
	return s.leave(ctx, listKeys(spec.Queue), []queueUser{{spec.ID, spec.Life()}})
}

func (s *Store) leave(ctx context.Context, keys []string, users []queueUser) error {
	args := make([]any, 0, 2*len(users))
	for _, user := range users {
		args = append(args, string(user.id), user.life)
	}
	return unavailable("remove users of queue", s.leaveQueue.Run(ctx, s.client, keys, args...).Err())
}

// decodeUsers returns each user once, the earliest life first.
func decodeUsers(reply []string) ([]queueUser, error) {
	var users []queueUser
	for pair := range slices.Chunk(reply, 2) {
		life, err := strconv.ParseInt(pair[len(pair)-1], 10, 64)
		if err != nil {
			return nil, unreadable(fmt.Errorf("decode user of queue: %w", err))
		}
		users = append(users, queueUser{job.ID(pair[0]), life})
	}
	slices.SortFunc(users, func(a, b queueUser) int {
		return cmp.Or(cmp.Compare(a.life, b.life), cmp.Compare(a.id, b.id))
	})
	users = slices.Compact(users)
	return users[:min(len(users), monitor.MaxQueueUsers)], nil
}

// sortOut returns the users that are living, and those whose life has ended.
func (s *Store) sortOut(ctx context.Context, users []queueUser) (living []job.ID, ended []queueUser, err error) {
	pipe := s.client.Pipeline()
	fields := make([]*redis.SliceCmd, len(users))
	for i, user := range users {
		fields[i] = pipe.HMGet(ctx, stateKey(user.id), fieldLiving, fieldLife)
	}
	if _, err := pipe.Exec(ctx); err != nil && !wrongType(err) {
		return nil, nil, unavailable("load users of queue", err)
	}
	for i, user := range users {
		values := fields[i].Val()
		if len(values) != 2 {
			continue // the record is damaged
		}
		life, named := values[1].(string) // records of earlier versions lack it
		if values[0] == digit(true) && (!named || life == strconv.FormatInt(user.life, 10)) {
			living = append(living, user.id)
		} else {
			ended = append(ended, user)
		}
	}
	return living, ended, nil
}
