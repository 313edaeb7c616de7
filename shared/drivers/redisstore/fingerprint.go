package redisstore

import (
	"context"
	"crypto/rand"

	"github.com/redis/go-redis/v9"
)

// fingerprintBytes is the length of the key of the fingerprints.
const fingerprintBytes = 32

// FingerprintKey implements monitor.JobStore, with one round trip. All instances of the
// program get the same key: the first one that was stored. It is not kept in memory: a
// state Redis that lost it may have another one from another instance.
func (s *Store) FingerprintKey(ctx context.Context) ([]byte, error) {
	made := make([]byte, fingerprintBytes)
	if _, err := rand.Read(made); err != nil {
		return nil, err
	}
	var stored *redis.StringCmd
	_, err := s.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.SetNX(ctx, fingerprintKey, made, 0)
		stored = pipe.Get(ctx, fingerprintKey)
		return nil
	})
	if err != nil {
		return nil, unavailable("read the key of fingerprints", err)
	}
	return stored.Bytes()
}
