// Package functions is the composition root: it creates all drivers from the
// settings and combines the functions into units. Nothing else creates a driver.
package functions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"kubejobs/functions/stream"
	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/controllerlist"
	"kubejobs/shared/drivers/dial"
	"kubejobs/shared/drivers/embedredis"
	"kubejobs/shared/drivers/localtick"
	"kubejobs/shared/drivers/publish"
	"kubejobs/shared/drivers/publish/influx"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/drivers/workqueue"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/platform/telemetry"
)

const (
	// dialTimeout bounds a connection to an address that a caller named.
	dialTimeout = time.Second
	// scheduleFor is how long start tries to create a schedule.
	scheduleFor = 10 * time.Second
	// closeTimeout bounds the end of the local scheduler's ticks, and that of the
	// publishers.
	closeTimeout = time.Second
	// redisPort is the default port of a job's Redis.
	redisPort = 6379
)

// Set is the set of functions with its drivers.
type Set struct {
	cfg       config.Config
	log       *slog.Logger
	now       func() time.Time
	service   measured
	telemetry *telemetry.Telemetry
	scheduler monitor.Scheduler
	local     *localtick.Scheduler // the same scheduler; nil if ticks come from Knative
	metronome metronome            // zero unless the settings select it
	ticks     localTicks
	queue     *job.Address       // see Options
	embedded  *embedredis.Server // nil if STATE_REDIS_URL is set
	state     redis.UniversalClient
	secrets   dial.Credentials // that jobs name
	pool      *redispool.Pool
	influx    *influx.Publisher
	fan       *publish.Fan
	streams   streams
	access    access
	units     map[string]unit
}

// Options are what Open needs in addition to the settings.
type Options struct {
	RedisPort int // of the embedded Redis; 0 is any free port
	// Queue is the Redis of a job that names none; nil: the embedded Redis, or the
	// Service redis-<id>.
	Queue *job.Address

	Loopback  bool             // only this machine can reach the program
	Now       func() time.Time // nil: time.Now
	SweepCron string           // schedule of the local sweep; "": never
	Publish   publish.Options  // limits of the publishers
	Streams   stream.Options   // limits of the streams; Ending is ignored
	// Readers and Processors get metrics and spans in addition to the exporters that
	// the settings select.
	Readers    []sdkmetric.Reader
	Processors []sdktrace.SpanProcessor
}

// QuietRedis silences the Redis client's own logger, for the whole process. A main
// calls it once.
func QuietRedis() { redisstore.Quiet() }

// Open creates the drivers, the use cases and the units. ctx bounds the ticks of the
// local scheduler, as StopTicks does. Close releases what Open created.
func Open(ctx context.Context, cfg config.Config, log *slog.Logger, o Options) (*Set, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Set{cfg: cfg, log: log, now: o.Now, streams: newStreams(o.Streams), queue: o.Queue}
	if err := s.openTelemetry(ctx, o); err != nil {
		return nil, err
	}
	if err := s.openAccess(ctx, o.Loopback); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	if err := s.openState(o.RedisPort); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	if err := s.openService(ctx, o); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	s.units = s.newUnits()
	for _, warning := range cfg.Warnings {
		log.WarnContext(ctx, "a setting looks wrong", "warning", warning)
	}
	return s, nil
}

// openState connects to the state Redis, or starts the embedded one.
func (s *Set) openState(port int) error {
	url := s.cfg.StateRedis.Reveal()
	if url == "" {
		server, err := embedredis.Start(port)
		if err != nil {
			return err
		}
		s.embedded = server
		url = "redis://" + server.Addr()
		s.log.Warn("STATE_REDIS_URL is not set: jobs are kept in memory and are lost on exit", "redis", server.Addr())
	}
	client, err := redisstore.Open(url, redisstore.TLS{
		CA: s.cfg.StateTLS.CA, Certificate: s.cfg.StateTLS.Certificate, PrivateKey: s.cfg.StateTLS.PrivateKey,
	})
	if err != nil {
		return err
	}
	if hook := s.telemetry.RedisHook(telemetry.RedisState); hook != nil {
		client.AddHook(hook)
	}
	s.state = client
	return nil
}

// openService creates the other drivers, and the use cases on top of them.
func (s *Set) openService(ctx context.Context, o Options) error {
	policy, err := egress.Parse(s.cfg.AllowedHosts)
	if err != nil {
		return fmt.Errorf("ALLOWED_HOSTS: %w", err)
	}
	kubeJobs, scaler, err := s.openKubernetes()
	if err != nil {
		return err
	}
	s.openRoster()
	ticking, stop := context.WithCancel(ctx)
	s.ticks.stop = stop
	if err := s.openLocal(ticking, o); err != nil {
		return err
	}
	s.pool = redispool.New(redispool.Options{
		Dial: dial.New(policy, "plugin_info.redis_ip", dialTimeout), Credentials: s.secrets,
		Hook: s.telemetry.RedisHook(telemetry.RedisJob), Log: s.log,
	})
	if err := s.openPublishers(ctx, policy, o.Publish); err != nil {
		return err
	}
	service := monitor.NewService(
		monitor.Config{
			Retries: s.cfg.Retries, FailAfter: s.cfg.FailAfter, Retention: s.cfg.Retention,
			MinPeriod: s.cfg.MinPeriod, DefaultPeriod: s.cfg.DefaultPeriod, Spacing: s.cfg.TickSpacing,
			DefaultQueue: s.defaultQueue, ScheduleFor: scheduleFor,
			StoredKubeStatus: s.cfg.JobStatus == config.JobStatusEvents, StaleAfter: s.cfg.StaleAfter, MaxAge: s.cfg.MaxAge,
			MaxJobs: s.cfg.MaxJobs, MaxJobsPerCaller: s.cfg.MaxJobsPerCaller,
			Events: job.EventPolicy{Enabled: s.cfg.Events.Sink != nil, Samples: s.cfg.Events.Samples}, Now: o.Now,
		},
		monitor.Ports{
			Store: s.telemetry.Store(s.store()), Queue: s.telemetry.Queue(workqueue.New(s.pool)),
			KubeJobs:   s.telemetry.KubeJobs(kubeJobs),
			SampleList: s.telemetry.SampleList(controllerlist.New(s.pool, s.cfg.Retention)),
			Scheduler:  s.telemetry.Scheduler(s.scheduler), Broadcaster: s.telemetry.Broadcaster(s.fan),
			Actuators: s.telemetry.Actuators(s.actuators(scaler)), Fleets: fleets(scaler),
		},
		s.log,
	)
	s.service = measured{service, s.telemetry}
	if err := s.openMetronome(ctx); err != nil {
		return err
	}
	return s.sweepLocally(ticking, o.SweepCron)
}

// store returns the store of the jobs. Only with JOB_STATUS=events do ticks use what it holds
// of Kubernetes Jobs.
func (s *Set) store() *redisstore.Store {
	store := redisstore.New(s.state)
	if s.cfg.JobStatus != config.JobStatusEvents {
		store = store.WithoutKubeStatus()
	}
	return store
}

// defaultQueue returns the Redis of a job that names none: the one that
// Options.Queue names, the embedded one, or the Service redis-<id> in the jobs'
// namespace.
func (s *Set) defaultQueue(id job.ID) job.Address {
	switch {
	case s.queue != nil:
		return *s.queue
	case s.embedded != nil:
		return job.Address{Host: "127.0.0.1", Port: s.embedded.Port()}
	}
	return job.Address{Host: fmt.Sprintf("redis-%s.%s.svc", id, s.cfg.JobNamespace), Port: redisPort}
}

// Ready reports whether the selected unit can serve requests.
func (s *Set) Ready(ctx context.Context) error { return s.ready(ctx, s.cfg.Target) }

// ready returns an error for a unit that is useless without the state Redis. The
// unit that the Manager calls is ready in any case, because it answers in JSON: the
// plain text that a router answers for an instance that is not ready would end the
// Manager's thread.
func (s *Set) ready(ctx context.Context, unit string) error {
	if unit == config.TargetMonitor || unit == config.TargetAll {
		return nil
	}
	return s.service.Ready(ctx)
}

// Close releases everything that Open created: first the ticks, then the publishers
// and connections, at last the telemetry. It waits at most a second for ticks in
// flight, one for the publishers and two for the last telemetry.
func (s *Set) Close(ctx context.Context) error {
	var errs []error
	s.endTicks(ctx)
	s.closePublishers(ctx)
	if s.pool != nil {
		s.pool.Close()
	}
	if s.state != nil {
		errs = append(errs, s.state.Close())
	}
	if s.embedded != nil {
		s.embedded.Close()
	}
	s.flush(ctx)
	return errors.Join(errs...)
}
