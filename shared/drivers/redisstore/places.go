package redisstore

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// freedAtOnce bounds the places that one script frees: Redis does nothing else
// meanwhile.
const freedAtOnce = 1000

// placeKeys returns the keys of two sorted sets with the places of living jobs as
// members: by when each was taken or held last, and by member. They share a hash tag.
func placeKeys() []string {
	return []string{"monitor:{places}:held", "monitor:{places}:callers"}
}

// placePrefix is how the places of a caller begin. Callers have no spaces.
func placePrefix(caller string) string { return caller + " " }

func place(spec job.Spec) string {
	return placePrefix(spec.Caller) + string(spec.ID) + " " + strconv.FormatInt(spec.Life(), 10)
}

// TakePlace implements monitor.PlaceStore.
func (s *Store) TakePlace(ctx context.Context, spec job.Spec, most, perCaller int, now time.Time) (monitor.PlaceResult, error) {
	code, err := s.takePlace.Run(ctx, s.client, placeKeys(),
		place(spec), placePrefix(spec.Caller), now.UnixMilli(), most, perCaller).Int()
	if err != nil {
		return 0, unavailable("take place", err)
	}
	switch code {
	case 1:
		return monitor.PlaceTaken, nil
	case 2:
		return monitor.PlaceAllTaken, nil
	case 3:
		return monitor.PlaceCallerTaken, nil
	default:
		return 0, fmt.Errorf("take place: script returned %d", code)
	}
}

// LeavePlace implements monitor.PlaceStore.
func (s *Store) LeavePlace(ctx context.Context, spec job.Spec) error {
	_, err := s.client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, key := range placeKeys() {
			pipe.ZRem(ctx, key, place(spec))
		}
		return nil
	})
	return unavailable("free place", err)
}

// HoldPlaces implements monitor.PlaceStore.
func (s *Store) HoldPlaces(ctx context.Context, specs []job.Spec, now time.Time) error {
	held, callers := make([]redis.Z, 0, len(specs)), make([]redis.Z, 0, len(specs))
	for _, spec := range specs {
		held = append(held, redis.Z{Member: place(spec), Score: float64(now.UnixMilli())})
		callers = append(callers, redis.Z{Member: place(spec)})
	}
	_, err := s.client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		keys := placeKeys()
		pipe.ZAdd(ctx, keys[0], held...)
		pipe.ZAdd(ctx, keys[1], callers...)
		return nil
	})
	return unavailable("hold places", err)
}

// FreePlaces implements monitor.PlaceStore.
func (s *Store) FreePlaces(ctx context.Context, since time.Time) (int, error) {
	total := 0
	for {
		freed, err := s.freePlaces.Run(ctx, s.client, placeKeys(), since.UnixMilli(), freedAtOnce).Int()
		if err != nil {
			return total, unavailable("free places", err)
		}
		if total += freed; freed < freedAtOnce {
			return total, nil
		}
	}
}
