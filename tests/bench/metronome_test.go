package bench_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/functions/metronome"
	"kubejobs/shared/core/job"
	roster "kubejobs/shared/drivers/metronome"
	"kubejobs/shared/drivers/tickbatch"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
	"kubejobs/shared/testkit/redistest"
)

// BenchmarkBeat measures what the metronome adds to the ticks of 10,000 jobs: reading who
// is due, signing and sending the batches over HTTP, opening them. The ticks do nothing.
func BenchmarkBeat(b *testing.B) {
	const jobs = 10_000
	client := redis.NewClient(&redis.Options{Addr: redistest.Start(b).Addr()})
	b.Cleanup(func() { _ = client.Close() })
	r := roster.New(client)
	for n := range jobs {
		if err := r.Schedule(b.Context(), monitortest.Spec(job.ID(fmt.Sprintf("kj-%07d", n)), "f")); err != nil {
			b.Fatal(err)
		}
	}
	var ticks atomic.Int64
	tick := func(context.Context, monitor.Tick) (monitor.Outcome, error) {
		ticks.Add(1)
		return monitor.OutcomeSampled, nil
	}
	beater := newBeater(b, r, tick)
	for n := 0; b.Loop(); n++ {
		served, err := beater.Beat(b.Context(), monitor.Beat{ID: strconv.Itoa(n), Sent: time.Now()})
		if err != nil || served.Lost > 0 {
			b.Fatal(served, err)
		}
		client.Del(b.Context(), "monitor:{metronome}:served") // the same instant is due again
	}
	b.ReportMetric(float64(ticks.Load())/float64(b.N), "ticks/op")
	usage := client.MemoryUsage(b.Context(), "monitor:{metronome}:every:2", 0).Val()
	b.ReportMetric(float64(usage)/jobs, "bytes/job")
}

// newBeater returns a metronome whose batches go to a server, which takes them with tick.
func newBeater(b *testing.B, r *roster.Roster, tick func(context.Context, monitor.Tick) (monitor.Outcome, error)) *monitor.Metronome {
	b.Helper()
	log := slog.New(slog.DiscardHandler)
	taker := monitor.NewMetronome(r, tick, monitor.MetronomeOptions{Now: time.Now}, log)
	open := func(ctx context.Context, body []byte, signature string) (monitor.Batch, error) {
		return tickbatch.Open(ctx, r.Key, body, signature, time.Now())
	}
	instance := httptest.NewServer(metronome.NewBatch(taker, open, tickbatch.Answer, log))
	b.Cleanup(instance.Close)
	sender, err := tickbatch.New(tickbatch.Options{Sink: instance.URL, Key: r.Key, Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	return monitor.NewMetronome(r, tick, monitor.MetronomeOptions{Batches: sender, Now: time.Now}, log)
}
