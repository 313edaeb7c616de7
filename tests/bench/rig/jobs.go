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
	"kubejobs/tests/bench/floor"
)

const (
	// items is the number of items of each job: one is completed before each measurement.
	items = 5000
	// fill pushes them, and one that a replica works on: with none there is no forecast.
	fill = "for i = 1, tonumber(ARGV[1]) do redis.call('RPUSH', KEYS[1], 'x') end redis.call('RPUSH', KEYS[2], 'y') return 0"
)

// StartJobs fills the queues of the jobs of a layout, and starts them at the program that
// serves on addr.
func (r *Rig) StartJobs(addr, layout string) {
	r.tb.Helper()
	r.each(layout, func(i int, id string) error {
		server, client, host := r.queue(layout, i)
		lists := floor.Lists(id)
		if err := client.Eval(r.tb.Context(), fill, lists[:2], items).Err(); err != nil {
			return err
		}
		control := ""
		if layout == Controlled {
			control = `,"control":{"actuator":"redis"}`
		}
		body := fmt.Sprintf(`{"plugin":"kubejobs","collect_period":3600,"plugin_info":{"expected_time":86400,`+
			`"redis_ip":%q,"redis_port":%d,"queue":{"pending":%q,"processing":%q,"results":%q}%s}}`,
			host, server.Port(), lists[0], lists[1], lists[2], control)
		return post(r.tb.Context(), "http://"+addr+"/monitoring/"+id, body)
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

// Work completes an item of each job of a layout.
func (r *Rig) Work(layout string) {
	r.tb.Helper()
	r.each(layout, func(i int, id string) error {
		_, client, _ := r.queue(layout, i)
		lists := floor.Lists(id)
		if err := client.LMove(r.tb.Context(), lists[0], lists[2], "LEFT", "RIGHT").Err(); !errors.Is(err, redis.Nil) {
			return err
		}
		return nil // all are completed
	})
}

// Warm sends a server as many ticks of each job of a layout as the program remembers, so
// that later ticks forget one each.
func (r *Rig) Warm(addr, layout string, concurrent int) {
	r.tb.Helper()
	const rounds = 4 // with an item completed before each
	for range rounds {
		r.Work(layout)
		r.Send(Load{
			Addr: addr, IDs: r.IDs(layout), Concurrent: concurrent, Ticks: redisstore.Remembered / rounds * r.count, For: time.Minute,
			Warming: true,
		})
	}
}

// CopyToFloor gives the floor what the program stored of the jobs of a layout, so that
// values and keys of both have the same sizes.
func (r *Rig) CopyToFloor(layout string) {
	r.tb.Helper()
	ctx := r.tb.Context()
	r.each(layout, func(i int, id string) error {
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
