// Package floor has the least that a tick can cost: a bare handler that sends Redis only
// the commands that no tick can do without, with a plain go-redis. It checks nothing that
// Redis does not check for it, decodes no state and computes nothing.
package floor

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Limits that the program has as well.
const (
	keepSamples   = 1024
	rememberPush  = 512
	rememberTicks = 64
	expiry        = 24 * time.Hour
	maxBody       = 64 << 10
)

// poolSize is more than the number of ticks at once, so that no tick waits for a
// connection.
const poolSize = 64

//go:embed push.lua
var pushSource string

//go:embed commit.lua
var commitSource string

// Config says where the state and the jobs are.
type Config struct {
	State string         // host:port of the state Redis
	Jobs  map[string]Job // by id
}

// Job is what the floor knows of a job.
type Job struct {
	Redis      string // host:port
	Controlled bool   // its number of replicas is written at each tick
}

// Handler answers ticks.
type Handler struct {
	state        *redis.Client
	jobs         map[string]target // by id; jobs at one address share a client
	push, commit *redis.Script
}

// target is a job.
type target struct {
	redis      *redis.Client
	controlled bool
}

// New returns a Handler. It connects with the first tick.
func New(c Config) *Handler {
	h := &Handler{
		state: newClient(c.State), jobs: map[string]target{},
		push: redis.NewScript(pushSource), commit: redis.NewScript(commitSource),
	}
	clients := map[string]*redis.Client{}
	for id, job := range c.Jobs {
		if clients[job.Redis] == nil {
			clients[job.Redis] = newClient(job.Redis)
		}
		h.jobs[id] = target{clients[job.Redis], job.Controlled}
	}
	return h
}

func newClient(address string) *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr: address, Protocol: 2, PoolSize: poolSize, PipelinePoolSize: -1, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}

// Lists returns the names of the three lists of a job.
func Lists(id string) [3]string {
	return [3]string{"queue:" + id, "queue:" + id + ":processing", "queue:" + id + ":results"}
}

// StateKeys returns the keys of a job's state, its ticks and their order.
func StateKeys(id string) []string {
	return []string{"floor:{" + id + "}:state", "floor:{" + id + "}:ticks", "floor:{" + id + "}:order"}
}

// PushKeys returns the keys of a job's list of samples, and of its pushed ticks.
func PushKeys(id string) []string {
	return []string{"floor:" + id + ":metrics", "{floor:" + id + ":metrics}:ticks"}
}

// ServeHTTP takes a tick.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var data struct {
		ID string `json:"app_id"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&data); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	job, found := h.jobs[data.ID]
	if !found {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if err := h.tick(r.Context(), job, data.ID, r.Header.Get("Ce-Id")); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = fmt.Fprintln(w, err) // the caller is gone, or gets it
		return
	}
	w.WriteHeader(http.StatusOK)
}

// tick has four round trips, five if the job is controlled. The last ones are one after
// the other: a goroutine for one of them would cost CPU.
func (h *Handler) tick(ctx context.Context, job target, id, tick string) error {
	state, revision, err := h.load(ctx, id, tick)
	if err != nil {
		return err
	}
	left, err := count(ctx, job.redis, id)
	if err != nil {
		return err
	}
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	sample := `{"name":"application_progress_error","value":` + strconv.FormatInt(left, 10) + `,"timestamp":` + now +
		`,"dimensions":{"application_id":"` + id + `","service":"kubejobs"}}`
	if err := h.push.Run(ctx, job.redis, PushKeys(id),
		tick, now, sample, keepSamples, rememberPush, expiry.Milliseconds()).Err(); err != nil {
		return fmt.Errorf("push: %w", err)
	}
	code, err := h.commit.Run(ctx, h.state, StateKeys(id), revision, state, tick, sample, rememberTicks).Int()
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if code != 1 {
		return fmt.Errorf("commit: the script returned %d", code)
	}
	if job.controlled {
		return job.redis.Set(ctx, "floor:"+id+":replicas", left, expiry).Err()
	}
	return nil
}

// load returns the state, which the commit writes again, and its revision.
func (h *Handler) load(ctx context.Context, id, tick string) (state, revision string, err error) {
	keys := StateKeys(id)
	pipe := h.state.Pipeline()
	fields := pipe.HMGet(ctx, keys[0], "spec", "state", "rev", "scheduled", "duplicate", "surplus", "publishers", "doubted")
	pipe.HGet(ctx, keys[1], tick)
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return "", "", fmt.Errorf("load: %w", err)
	}
	state, _ = fields.Val()[1].(string)
	revision, found := fields.Val()[2].(string)
	if !found {
		return "", "", fmt.Errorf("load: there is no job %s", id)
	}
	return state, revision, nil
}

// count returns how many items are left.
func count(ctx context.Context, client *redis.Client, id string) (int64, error) {
	var lengths [3]*redis.IntCmd
	if _, err := client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		for i, list := range Lists(id) {
			lengths[i] = pipe.LLen(ctx, list)
		}
		return nil
	}); err != nil {
		return 0, fmt.Errorf("count: %w", err)
	}
	return lengths[0].Val() + lengths[1].Val(), nil
}
