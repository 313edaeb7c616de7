// Package metronome keeps the schedules of jobs in the state Redis: who is due at a beat
// of the metronome. No object in Kubernetes belongs to a job.
package metronome

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/schedule"
	"kubejobs/shared/monitor"
)

//go:embed lua/claim.lua
var claimSource string

//go:embed lua/served.lua
var servedSource string

// Roster has the schedules of all jobs. It is a monitor.Scheduler whose jobs tick when the
// metronome beats.
type Roster struct {
	client        redis.UniversalClient
	claim, served *redis.Script
}

var (
	_ monitor.Scheduler = (*Roster)(nil)
	_ monitor.Roster    = (*Roster)(nil)
)

// New returns a Roster on client. The caller closes the client.
func New(client redis.UniversalClient) *Roster {
	return &Roster{client: client, claim: redis.NewScript(claimSource), served: redis.NewScript(servedSource)}
}

// Schedule implements monitor.Scheduler with one command.
func (r *Roster) Schedule(ctx context.Context, spec job.Spec) error {
	key := periodKey(spec.Schedule().Every)
	return unavailable("schedule job", r.client.ZAdd(ctx, key, redis.Z{Member: member(spec.ID, spec.Life())}).Err())
}

// Unschedule implements monitor.Scheduler with one round trip: the period of a life that
// ended may be unknown, so it is removed from all.
func (r *Roster) Unschedule(ctx context.Context, id job.ID, life int64) error {
	_, err := r.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, key := range periodKeys() {
			pipe.ZRem(ctx, key, member(id, life))
		}
		return nil
	})
	return unavailable("unschedule job", err)
}

// listed is a member and the schedule of its sorted set.
type listed struct {
	member string
	cron   string
}

// List implements monitor.Scheduler with one round trip: it merges the sorted sets of all
// periods. The cursor is the last member of the page.
func (r *Roster) List(ctx context.Context, after string, limit int) ([]monitor.Scheduled, string, error) {
	found := map[schedule.Schedule]*redis.StringSliceCmd{}
	_, err := r.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, s := range schedule.All() {
			found[s] = pipe.ZRangeArgs(ctx, beyond(periodKey(s.Every), after, limit+1))
		}
		return nil
	})
	if err != nil {
		return nil, "", unavailable("list schedules", err)
	}
	var all []listed
	for s, command := range found {
		for _, member := range command.Val() {
			all = append(all, listed{member, s.Cron})
		}
	}
	slices.SortFunc(all, func(a, b listed) int { return strings.Compare(a.member, b.member) })
	next := ""
	if len(all) > limit {
		all = withTwins(all, limit)
		next = all[len(all)-1].member
	}
	page := make([]monitor.Scheduled, 0, len(all))
	for _, l := range all {
		if due, ours := parseMember(l.member); ours {
			page = append(page, monitor.Scheduled{ID: due.ID, Life: due.Life, Cron: l.cron})
		}
	}
	return page, next, nil
}

// withTwins returns the first members up to a limit. The last ones are left out if the
// page would end between two sorted sets that have the same member, as the cursor could
// not tell them apart.
func withTwins(all []listed, limit int) []listed {
	end := limit
	for end > 1 && all[end-1].member == all[end].member {
		end--
	}
	return all[:end]
}

// beyond selects the members of a sorted set after one, "" for the first ones.
func beyond(key, after string, limit int) redis.ZRangeArgs {
	start := "-"
	if after != "" {
		start = "(" + after
	}
	return redis.ZRangeArgs{Key: key, Start: start, Stop: "+", ByLex: true, Count: int64(limit)}
}

// Claim implements monitor.Roster with one script.
func (r *Roster) Claim(ctx context.Context, beat monitor.Beat, now time.Time, lease time.Duration) (claimed []monitor.Claim, err error) {
	args := []any{beat.ID, now.UnixMilli(), now.Add(lease).UnixMilli()}
	all := schedule.All()
	for _, s := range all {
		args = append(args, s.Boundary(beat.Sent).UnixMilli())
	}
	codes, err := r.claim.Run(ctx, r.client, append([]string{servedKey}, periodKeys()...), args...).Int64Slice()
	if err != nil {
		return nil, unavailable("claim instants", err)
	}
	if len(codes) != len(all) {
		return nil, fmt.Errorf("claim instants: %d codes for %d periods", len(codes), len(all))
	}
	for n, s := range all {
		if codes[n] != 0 {
			skipped := int(max(-codes[n], 0))
			claimed = append(claimed, monitor.Claim{Schedule: s, Instant: s.Boundary(beat.Sent), Skipped: skipped})
		}
	}
	return claimed, nil
}

// Due implements monitor.Roster with one command.
func (r *Roster) Due(ctx context.Context, s schedule.Schedule, after string, limit int) (page []monitor.Due, next string, err error) {
	members, err := r.client.ZRangeArgs(ctx, beyond(periodKey(s.Every), after, limit)).Result()
	if err != nil {
		return nil, "", unavailable("read due jobs", err)
	}
	for _, text := range members {
		if due, ours := parseMember(text); ours {
			page = append(page, due)
		}
	}
	if len(members) == limit {
		next = members[limit-1]
	}
	return page, next, nil
}

// Served implements monitor.Roster with one script.
func (r *Roster) Served(ctx context.Context, c monitor.Claim) error {
	err := r.served.Run(ctx, r.client, []string{servedKey}, periodKey(c.Schedule.Every), c.Instant.UnixMilli()).Err()
	return unavailable("end lease", err)
}

// keyBytes is the length of the key that signs batches.
const keyBytes = 32

// Key returns the key that signs batches, with one round trip. All instances of the
// program get the same one: the first that was stored.
func (r *Roster) Key(ctx context.Context) ([]byte, error) {
	made := make([]byte, keyBytes)
	if _, err := rand.Read(made); err != nil {
		return nil, err
	}
	var stored *redis.StringCmd
	_, err := r.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.SetNX(ctx, signingKey, made, 0)
		stored = pipe.Get(ctx, signingKey)
		return nil
	})
	if err != nil {
		return nil, unavailable("read the key of batches", err)
	}
	key, err := stored.Bytes()
	if err == nil && len(key) < keyBytes {
		err = failure.Unavailable("the key "+signingKey+" of the state store is too short: delete it", nil)
	}
	return key, err
}

// unavailable classifies an error of Redis, nil for nil.
func unavailable(operation string, err error) error {
	if err == nil {
		return nil
	}
	return failure.Unavailable("the state store does not answer", fmt.Errorf("%s: %w", operation, err))
}
