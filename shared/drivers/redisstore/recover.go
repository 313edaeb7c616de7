package redisstore

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

const (
	// scanCount is about how many keys Redis looks at in one SCAN: it does nothing else
	// meanwhile.
	scanCount = 500
	// scanCalls bounds the SCANs of one Recover at each node.
	scanCalls = 200
	// scanKept is how long a node's cursor is kept. The nodes of a Cluster come and go.
	scanKept = 24 * time.Hour
)

// Recover implements monitor.JobStore. At each node it looks at scanCalls*scanCount keys,
// whoever wrote them.
func (s *Store) Recover(ctx context.Context) (int, error) {
	nodes, err := s.masters(ctx)
	total := 0
	for _, node := range nodes {
		recovered, nodeErr := s.recoverNode(ctx, node)
		total += recovered
		err = errors.Join(err, nodeErr)
	}
	return total, err
}

// masters returns a client of each node that has keys of its own.
func (s *Store) masters(ctx context.Context) ([]*redis.Client, error) {
	switch client := s.client.(type) {
	case *redis.ClusterClient:
		var mu sync.Mutex
		var nodes []*redis.Client
		err := client.ForEachMaster(ctx, func(_ context.Context, node *redis.Client) error {
			mu.Lock()
			defer mu.Unlock()
			nodes = append(nodes, node)
			return nil
		})
		return nodes, unavailable("list nodes", err)
	case *redis.Client:
		return []*redis.Client{client}, nil
	default:
		return nil, nil
	}
}

// recoverNode recovers the jobs of a part of a node's keys.
func (s *Store) recoverNode(ctx context.Context, node *redis.Client) (int, error) {
	key := scanKey(node.Options().Addr)
	at, err := s.scanned(ctx, key)
	if err != nil {
		return 0, err
	}
	total, stored := 0, at != 0
	for range scanCalls {
		keys, next, err := node.Scan(ctx, at, stateKey("*"), scanCount).Result()
		if err != nil {
			return total, unavailable("scan jobs", err)
		}
		recovered, err := s.recoverKeys(ctx, keys)
		total += recovered
		if err != nil {
			return total, err
		}
		switch at = next; {
		case at != 0:
			err, stored = s.client.Set(ctx, key, at, scanKept).Err(), true
		case stored:
			err = s.client.Del(ctx, key).Err()
		}
		if err != nil || at == 0 {
			return total, unavailable("store cursor", err)
		}
	}
	return total, nil
}

// scanned returns where the last call ended, 0 for the beginning.
func (s *Store) scanned(ctx context.Context, key string) (uint64, error) {
	text, err := s.client.Get(ctx, key).Result()
	if err != nil && !errors.Is(err, redis.Nil) && !wrongType(err) {
		return 0, unavailable("load cursor", err)
	}
	at, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		at = 0 // nothing is stored, or it is damaged
	}
	return at, nil
}

// recoverKeys adds the jobs of stateKeys to the index that must be listed and are not.
func (s *Store) recoverKeys(ctx context.Context, keys []string) (int, error) {
	before, after, _ := strings.Cut(stateKey("*"), "*")
	ids := make([]job.ID, 0, len(keys))
	for _, key := range keys {
		if id, err := job.ParseID(strings.TrimSuffix(strings.TrimPrefix(key, before), after)); err == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids) // SCAN may return a key twice
	ids, err := s.unlisted(ctx, ids)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	page, _, err := s.loadPage(ctx, ids)
	if err != nil {
		return 0, err
	}
	var lost []job.ID
	for _, record := range page.Records {
		lost = append(lost, record.Spec.ID)
	}
	for _, damaged := range page.Unreadable {
		lost = append(lost, damaged.ID)
	}
	if len(lost) == 0 {
		return 0, nil
	}
	return len(lost), s.index(ctx, lost...)
}

// unlisted returns the jobs that are not in the index.
func (s *Store) unlisted(ctx context.Context, ids []job.ID) ([]job.ID, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	pipe := s.client.Pipeline()
	scores := make([]*redis.FloatCmd, len(ids))
	for i, id := range ids {
		scores[i] = pipe.ZScore(ctx, indexKey, monitor.ListOrder(id))
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return nil, indexFailed("read index", err)
	}
	var unlisted []job.ID
	for i, id := range ids {
		if errors.Is(scores[i].Err(), redis.Nil) {
			unlisted = append(unlisted, id)
		}
	}
	return unlisted, nil
}
