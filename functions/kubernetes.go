package functions

import (
	"context"
	"fmt"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/batchjob"
	"kubejobs/shared/drivers/kubeclient"
	"kubejobs/shared/drivers/kubescale"
	"kubejobs/shared/drivers/pingsource"
	"kubejobs/shared/drivers/replicakey"
	"kubejobs/shared/drivers/secrets"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
)

// openKubernetes creates the drivers for Kubernetes that the settings require: the
// scheduler, and the reader and the scaler of Jobs, which it returns. Those are nil if
// the queue alone decides. It also chooses where the Secrets of jobs are read: where their
// status is, unless a folder is set. With JOB_STATUS=events only the sweep uses the reader.
func (s *Set) openKubernetes() (monitor.KubeJobs, *kubescale.Scaler, error) {
	s.secrets = secrets.New(secrets.InFolder(s.cfg.CredentialsDir), s.now).Get
	if s.cfg.Scheduler != config.SchedulerKnative && s.cfg.JobStatus != config.JobStatusKubernetes {
		return nil, nil, nil
	}
	client, err := kubeclient.New(s.cfg.Kubeconfig, s.telemetry.Transport)
	if err != nil {
		return nil, nil, err
	}
	jobs := batchjob.New(client, s.cfg.JobNamespace)
	if s.cfg.Scheduler == config.SchedulerKnative {
		namespace := s.pingNamespace()
		sink, err := pingsource.ParseSink(s.cfg.TickSink, namespace)
		if err != nil {
			return nil, nil, fmt.Errorf("TICK_SINK: %w", err)
		}
		if audience := s.cfg.Auth.Sources.Audience; audience != "" {
			sink.Audience = &audience
		}
		var ownerOf pingsource.OwnerOf
		if namespace == s.cfg.JobNamespace {
			ownerOf = ownerIn(jobs)
		}
		s.scheduler = pingsource.New(client, namespace, sink, ownerOf)
	}
	if s.cfg.JobStatus == config.JobStatusQueue {
		return nil, nil, nil
	}
	if s.cfg.CredentialsDir == "" {
		s.secrets = secrets.New(secrets.InNamespace(client, s.cfg.JobNamespace), s.now).Get
	}
	return jobs, kubescale.New(client, s.cfg.JobNamespace), nil
}

// pingNamespace returns the namespace of the PingSources.
func (s *Set) pingNamespace() string {
	if s.cfg.PingNamespace != "" {
		return s.cfg.PingNamespace
	}
	return kubeclient.Namespace(s.cfg.Kubeconfig)
}

// sourceName returns the name of the PingSource that sends a tick.
func sourceName(tick monitor.Tick) string { return pingsource.Name(tick.Job, tick.Life) }

// actuators returns what scales jobs: the number in the job's own Redis, and scaler
// unless it is nil.
func (s *Set) actuators(scaler *kubescale.Scaler) map[string]monitor.Actuator {
	all := map[string]monitor.Actuator{job.ActuatorRedis: replicakey.New(s.pool, s.cfg.Retention)}
	if scaler != nil {
		all[job.ActuatorKubernetes] = scaler
	}
	return all
}

// fleets returns scaler as a port, nil for nil.
func fleets(scaler *kubescale.Scaler) monitor.Fleets {
	if scaler == nil {
		return nil
	}
	return scaler
}

// ownerIn finds the Job that owns a PingSource, so that both are deleted together.
// Without such a Job, or without the right to read it, the sweep deletes the
// PingSource.
func ownerIn(jobs *batchjob.Jobs) pingsource.OwnerOf {
	return func(ctx context.Context, id job.ID) (*pingsource.Owner, error) {
		owner, err := jobs.Get(ctx, id)
		switch {
		case failure.IsRetryable(err):
			return nil, err
		case err != nil:
			return nil, nil //nolint:nilerr // an owner is a convenience
		}
		return &pingsource.Owner{Name: owner.Metadata.Name, UID: owner.Metadata.UID}, nil
	}
}
