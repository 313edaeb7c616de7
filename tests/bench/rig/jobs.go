package rig

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/tests/bench/floor"
)

const (
	// items is the number of items of each job: one is completed before each measurement.
	items = 5000
	// fill pushes them.
	fill = "for i = 1, tonumber(ARGV[1]) do redis.call('RPUSH', KEYS[1], 'x') end return 0"
)

// StartJobs fills the queues and starts all jobs.
func (r *Rig) StartJobs(program *proctest.Process) {
	r.tb.Helper()
	r.all(func(layout string, i int, id string) error {
		server, client, host := r.queue(layout, i)
		lists := floor.Lists(id)
		if err := client.Eval(r.tb.Context(), fill, lists[:1], items).Err(); err != nil {
			return err
		}
		body := fmt.Sprintf(`{"plugin":"kubejobs","collect_period":3600,"plugin_info":{"expected_time":86400,`+
			`"redis_ip":%q,"redis_port":%d,"queue":{"pending":%q,"processing":%q,"results":%q}}}`,
			host, server.Port(), lists[0], lists[1], lists[2])
		return post(r.tb.Context(), "http://"+program.Addr()+"/monitoring/"+id, body)
	})
}

func post(ctx context.Context, url, body string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		return fmt.Errorf("start: %s", response.Status)
	}
	return nil
}

// Work completes an item of each job.
func (r *Rig) Work() {
	r.tb.Helper()
	r.all(func(layout string, i int, id string) error {
		_, client, _ := r.queue(layout, i)
		lists := floor.Lists(id)
		if err := client.LMove(r.tb.Context(), lists[0], lists[2], "LEFT", "RIGHT").Err(); !errors.Is(err, redis.Nil) {
			return err
		}
		return nil // all are completed
	})
}

// Warm sends the program as many ticks of each job as it remembers, so that later ticks
// forget one each.
func (r *Rig) Warm(program *proctest.Process) {
	r.tb.Helper()
	for _, layout := range []string{Shared, Own} {
		for until := 1; until <= 4; until++ { // with the queue of a job that is worked on
			r.Work()
			r.Send(Load{
				Addr: program.Addr(), IDs: r.IDs(layout), Concurrent: 8,
				Ticks: redisstore.Remembered / 4 * r.count, For: time.Minute,
			})
		}
	}
}

// CopyToFloor gives the floor what the program stored, so that values and keys of both
// have the same sizes.
func (r *Rig) CopyToFloor() {
	r.tb.Helper()
	ctx := r.tb.Context()
	r.all(func(layout string, i int, id string) error {
		key := "monitor:{" + id + "}:"
		for n, name := range []string{"state", "ticks", "order"} {
			if err := copied(r.clients[0].Copy(ctx, key+name, floor.StateKeys(id)[n], 0, true)); err != nil {
				return err
			}
		}
		_, client, _ := r.queue(layout, i)
		keys := floor.PushKeys(id)
		if err := copied(client.Copy(ctx, job.SampleListKey(job.ID(id)), keys[0], 0, true)); err != nil {
			return err
		}
		return copied(client.Copy(ctx, job.PushedTicksKey(job.ID(id)), keys[1], 0, true))
	})
}

func copied(cmd *redis.IntCmd) error {
	if count, err := cmd.Result(); err != nil || count != 1 {
		return fmt.Errorf("copied %d keys: %w", count, err)
	}
	return nil
}
