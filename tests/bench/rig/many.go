package rig

import (
	"fmt"
	"sync"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/drivers/redisstore"
	"kubejobs/tests/bench/floor"
)

const (
	// Many is the layout of jobs on manyRedises addresses.
	Many = "many"
	// manyRedises is the number of Redises of the layout Many.
	manyRedises = 1000
	// manyItems is the number of items of each of its jobs.
	manyItems = 5
	// page is the number of jobs that one pipeline prepares.
	page = 1000
)

// StartMany fills the queues of the jobs of the layout Many, and starts them at the program
// that serves on addr, some at once.
func (r *Rig) StartMany(addr string, concurrent int) {
	r.tb.Helper()
	ids := r.IDs(Many)
	r.pages(func(first, end int) error { return r.fillMany(ids[first:end], first) })
	var workers sync.WaitGroup
	errs := make([]error, concurrent)
	for w := range concurrent {
		workers.Go(func() {
			for i := w; i < len(ids) && errs[w] == nil; i += concurrent {
				server, _, host := r.queue(Many, i)
				lists := floor.Lists(ids[i])
				errs[w] = post(r.tb.Context(), "http://"+addr+"/monitoring/"+ids[i], fmt.Sprintf(
					`{"plugin":"kubejobs","collect_period":3600,"plugin_info":{"expected_time":86400,`+
						`"redis_ip":%q,"redis_port":%d,"queue":{"pending":%q,"processing":%q,"results":%q}}}`,
					host, server.Port(), lists[0], lists[1], lists[2]))
			}
		})
	}
	workers.Wait()
	for _, err := range errs {
		if err != nil {
			r.tb.Fatal(err)
		}
	}
}

// fillMany gives jobs, of which the first is the n-th, their items.
func (r *Rig) fillMany(ids []string, n int) error {
	ctx := r.tb.Context()
	pipes := map[*redis.Client]redis.Pipeliner{}
	for i, id := range ids {
		_, client, _ := r.queue(Many, n+i)
		if pipes[client] == nil {
			pipes[client] = client.Pipeline()
		}
		lists := floor.Lists(id)
		pipes[client].Eval(ctx, fill, lists[:2], manyItems)
	}
	for _, pipe := range pipes {
		if _, err := pipe.Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// WarmMany makes all jobs of the layout Many as old as those that Warm has warmed, as far as
// a tick's commands see: it ticks the first as often as the program remembers, and gives
// what is remembered of its ticks to the others.
func (r *Rig) WarmMany(addr string) {
	r.tb.Helper()
	ids := r.IDs(Many)
	r.Send(Load{Addr: addr, IDs: ids[:1], Concurrent: 1, Ticks: redisstore.Remembered, For: answerWithin, Warming: true})
	r.pages(func(first, end int) error { return r.remember(ids[0], ids[max(first, 1):end]) })
}

// remember copies what is remembered of the ticks of one job to others.
func (r *Rig) remember(from string, ids []string) error {
	ctx := r.tb.Context()
	state := r.clients[0].Pipeline()
	for _, id := range ids {
		for _, name := range []string{"ticks", "order"} {
			state.Copy(ctx, "monitor:{"+from+"}:"+name, "monitor:{"+id+"}:"+name, 0, true)
		}
	}
	_, err := state.Exec(ctx)
	return err
}

// pages calls do for ranges of the jobs of a layout.
func (r *Rig) pages(do func(first, end int) error) {
	r.tb.Helper()
	for first := 0; first < r.count; first += page {
		if err := do(first, min(first+page, r.count)); err != nil {
			r.tb.Fatal(err)
		}
	}
}
