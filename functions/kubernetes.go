package functions

import (
	"context"
	"fmt"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/batchjob"
	"kubejobs/shared/drivers/kubeclient"
	"kubejobs/shared/drivers/pingsource"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/config"
)

// openKubernetes creates the drivers for Kubernetes that the settings require: the
// scheduler, and the reader of Jobs, which it returns. That is nil if the queue alone
// decides. With JOB_STATUS=events only the sweep uses it.
func (s *Set) openKubernetes() (monitor.KubeJobs, error) {
	if s.cfg.Scheduler != config.SchedulerKnative && s.cfg.JobStatus != config.JobStatusKubernetes {
		return nil, nil
	}
	client, err := kubeclient.New(s.cfg.Kubeconfig, s.telemetry.Transport)
	if err != nil {
		return nil, err
	}
	jobs := batchjob.New(client, s.cfg.JobNamespace)
	if s.cfg.Scheduler == config.SchedulerKnative {
		namespace := s.cfg.PingNamespace
		if namespace == "" {
			namespace = kubeclient.Namespace(s.cfg.Kubeconfig)
		}
		sink, err := pingsource.ParseSink(s.cfg.TickSink, namespace)
		if err != nil {
			return nil, fmt.Errorf("TICK_SINK: %w", err)
		}
		var ownerOf pingsource.OwnerOf
		if namespace == s.cfg.JobNamespace {
			ownerOf = ownerIn(jobs)
		}
		s.scheduler = pingsource.New(client, namespace, sink, ownerOf)
	}
	if s.cfg.JobStatus == config.JobStatusQueue {
		return nil, nil
	}
	return jobs, nil
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
		return &pingsource.Owner{Name: owner.Name, UID: owner.UID}, nil
	}
}
