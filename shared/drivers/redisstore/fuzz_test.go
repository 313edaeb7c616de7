package redisstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

// fuzzStore returns a store on one miniredis for all runs of a fuzz test.
func fuzzStore(f *testing.F) (*miniredis.Miniredis, redis.UniversalClient, *redisstore.Store) {
	f.Helper()
	server := miniredis.RunT(f)
	client, err := redisstore.Open("redis://"+server.Addr(), redisstore.TLS{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = client.Close() })
	return server, client, redisstore.New(client)
}

// reading returns a service that reads jobs from a store.
func reading(store monitor.Store) *monitor.Service {
	return monitor.NewService(monitor.Config{
		Retries: 3, Retention: time.Hour, MinPeriod: time.Second, DefaultPeriod: time.Second, ScheduleFor: time.Second,
		StoredKubeStatus: true, Events: job.EventPolicy{Enabled: true, Samples: true},
		DefaultQueue: func(job.ID) job.Address { return job.Address{Host: "127.0.0.1", Port: 1} },
		Now:          func() time.Time { return monitortest.Start.Add(time.Minute) },
	}, monitor.Ports{
		Store: store, Queue: &monitortest.Queue{}, SampleList: &monitortest.SampleList{}, Scheduler: &monitortest.Scheduler{},
		Broadcaster: &monitortest.Receiver{},
	}, slog.New(slog.DiscardHandler))
}

// stored returns texts of a spec and of states of it, as the store keeps them.
func stored(f *testing.F) (spec string, states []string) {
	f.Helper()
	text := func(value any) string {
		encoded, err := json.Marshal(value)
		if err != nil {
			f.Fatal(err)
		}
		return string(encoded)
	}
	of := monitortest.Spec("a", "f")
	state := job.New(of, true, nil)
	for i, count := range []job.QueueCount{{Queued: 4, InFlight: 2}, {Queued: 1, Results: 5}, {Results: 6}} {
		states = append(states, text(state))
		at := monitortest.Start.Add(time.Duration(i+1) * 2 * time.Second)
		next := job.Advance(&of, &state, &job.Observation{At: at, Queue: job.QueueHalf{Count: &count}}, job.FailureLimit{Count: 3})
		state, _ = job.EventPolicy{Enabled: true}.Append(of, state, next.State, next.Sample, nil, at)
	}
	return text(of), append(states, text(state))
}

// Whatever the store holds of a job, it is either a job of which everything can be
// shown and that can be ticked, or it is unreadable and nothing of it is returned.
func FuzzRecord(f *testing.F) {
	server, client, store := fuzzStore(f)
	service := reading(store)
	spec, states := stored(f)
	const kube, good = `{"active":2,"started":true}`, "1795498869000,0.5,0.1,0.4,3"
	for _, state := range append(states, "{}", "null", "", `{"phase":"running","summary":{"last":{"at":1}}}`, `{"phase":"finished","summary":{"first":{"at":1}}}`,
		`{"phase":"failed","ended_at":9223372036854775807}`, `{"phase":"running","kube_gap":{"since":-9223372036854775808}}`) {
		f.Add(spec, state, "3", "", kube, good, good)
	}
	f.Add(spec, states[0], "x", "", kube, good, good)
	f.Add(spec, states[0], "1", "null", "null", "", "")
	f.Add(spec, states[0], "1", `{"influx":{"failing":true,"at":1}}`, "[]", "1,NaN,0,0,0", "9223372036854775807,0,0,0,0")
	f.Add(strings.Replace(spec, "2026", "9999", 1), states[0], "1", "[]", "", "x", "1,1e308,0,0,0")
	f.Add(strings.Replace(spec, `"a"`, `"b"`, 1), states[0], "", "", "{}", "", "")
	f.Fuzz(func(t *testing.T, spec, state, revision, publishers, kube, tick, history string) {
		ctx := t.Context()
		server.FlushAll()
		pipe := client.TxPipeline()
		pipe.HSet(ctx, "monitor:{a}:state", "spec", spec, "state", state, "rev", revision, "publishers", publishers, "living", "1")
		pipe.HSet(ctx, "monitor:{a}:job", "status", kube)
		pipe.HSet(ctx, "monitor:{a}:ticks", "tick-1", tick)
		pipe.RPush(ctx, "monitor:{a}:history", history)
		if _, err := pipe.Exec(ctx); err != nil {
			t.Fatal(err)
		}
		record, err := store.Load(ctx, "a", "tick-1")
		expectWhole(t, record, err)
		replay, unreadable := store.Replay(ctx, "a")
		expectWhole(t, replay, unreadable)
		expectShown(t, service)
		life := int64(1) // of nobody
		if record != nil {
			life = record.Spec.Life()
		}
		if _, err := service.Tick(ctx, monitor.Tick{ID: "tick-2", Job: "a", Life: life, Sent: monitortest.Start}); err != nil {
			failureOnly(t, "tick", err)
		}
		expectShown(t, service)
		if err != nil {
			expectReplaced(t, service, store)
		}
	})
}

// expectReplaced checks that a job that cannot be read can be discarded and started
// again.
func expectReplaced(t *testing.T, service *monitor.Service, store *redisstore.Store) {
	t.Helper()
	_ = service.Stop(t.Context(), "a") // unknown if only its spec was lost
	if got, err := store.Create(t.Context(), monitortest.Spec("a", "f"), job.State{Phase: job.PhaseRunning}); err != nil || got != monitor.CreatedNew {
		t.Fatalf("Create after the stop = %v, %v", got, err)
	}
	if _, err := store.Load(t.Context(), "a", "tick-1"); err != nil {
		t.Errorf("Load after the stop: %v", err)
	}
}

// expectWhole checks that nothing is returned beside an error, which is that of an
// unknown or unreadable job.
func expectWhole[T any](t *testing.T, got T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	failureOnly(t, "read", err)
	var nothing T
	if diff := cmp.Diff(nothing, got); diff != "" {
		t.Errorf("beside %v is returned (-nothing +got):\n%s", err, diff)
	}
}

func failureOnly(t *testing.T, operation string, err error) {
	t.Helper()
	if !errors.Is(err, monitor.ErrUnreadable) && !errors.Is(err, monitor.ErrUnknownJob) {
		t.Errorf("%s: %v, want ErrUnreadable or ErrUnknownJob", operation, err)
	}
}

// expectShown checks that everything that can be read of the job is JSON.
func expectShown(t *testing.T, service *monitor.Service) {
	t.Helper()
	for name, show := range map[string]func(context.Context) (any, error){
		"status":   func(ctx context.Context) (any, error) { return service.Status(ctx, "a") },
		"samples":  func(ctx context.Context) (any, error) { return service.Samples(ctx, "a", monitor.SampleRange{}) },
		"follow":   func(ctx context.Context) (any, error) { return service.Follow(ctx, "a", &monitor.Seen{}) },
		"report":   func(ctx context.Context) (any, error) { return service.Report(ctx, "a") },
		"detailed": func(ctx context.Context) (any, error) { return service.Detailed(ctx, "a") },
	} {
		shown, err := show(t.Context())
		if err != nil {
			if !errors.Is(err, monitor.ErrRunning) && !errors.Is(err, monitor.ErrNoReport) {
				failureOnly(t, name, err)
			}
			continue
		}
		if _, err := json.Marshal(shown); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is stored of a job is read back, and a sample never has another spelling.
func FuzzStored(f *testing.F) {
	server, _, store := fuzzStore(f)
	f.Add("f", int64(6), int64(60e9), int64(1795498869123), "list \u2028", `{"kp":1}`, int64(3), 0.5, -0.25, uint64(7))
	f.Add("", int64(-1), int64(0), int64(0), "", "x", int64(-1), 1.0, 1e308, uint64(1<<64-1))
	f.Add("\xff", int64(1<<53), int64(1), int64(253402300799999), "{}", "", int64(1<<62), 2.0, 0.0, uint64(1<<53+1))
	f.Fuzz(func(t *testing.T, fingerprint string, items, budget, millis int64, list, heuristics string, count int64, progress, share float64, version uint64) {
		ctx := t.Context()
		server.FlushAll()
		clean := strings.ToValidUTF8(list, "")
		spec := job.Spec{
			ID: "a", Items: items, Budget: time.Duration(budget), Submitted: time.UnixMilli(millis).UTC(), Period: time.Second, Strategy: clean,
			Fingerprint: strings.ToValidUTF8(fingerprint, ""), Accepted: time.UnixMilli(millis).UTC(),
			Queue: job.Queue{Address: job.Address{Host: clean, Port: 6379}, Lists: job.Lists{Pending: clean}}, Database: &job.Database{Name: clean},
		}
		var compact json.RawMessage
		if json.Valid([]byte(heuristics)) {
			compact, _ = json.Marshal(json.RawMessage(heuristics))
		}
		if spec.Heuristics = compact; string(compact) == "null" {
			spec.Heuristics = nil
		}
		x := sample.Sample{At: millis, Job: progress, Time: share, Error: progress - share, Replicas: count}
		state := job.State{Phase: job.PhaseRunning, Queue: &job.QueueCount{Queued: count}, LastError: clean, EndedAt: millis}
		state.Summary, _ = state.Summary.Fold(x)
		if _, err := store.Create(ctx, spec, state); err != nil {
			if failure.IsRetryable(err) {
				t.Fatal(err)
			}
			return // no JSON
		}
		status := job.KubeStatus{Active: count, Reason: clean}
		if err := store.SaveKubeStatus(ctx, "a", status, version); err != nil {
			t.Fatal(err)
		}
		got, err := store.Load(ctx, "a", "")
		if cause := job.Check(spec, state); cause != nil {
			if !errors.Is(err, monitor.ErrUnreadable) {
				t.Errorf("read back %v, want ErrUnreadable as %v", err, cause)
			}
			return
		}
		want := &monitor.Record{Spec: spec, State: state, Revision: 1, Kube: &status}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("read back (-want +got): %v\n%s", err, diff)
		}
	})
}
