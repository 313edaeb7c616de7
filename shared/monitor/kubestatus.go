package monitor

import (
	"context"
	"errors"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// errKubeJobGone is returned for a Kubernetes Job that was deleted.
var errKubeJobGone = errors.New("the Job does not exist")

// SaveKubeStatus stores the status of a Kubernetes Job. version rises with the
// changes of the Job: a status that arrives late changes nothing.
func (s *Service) SaveKubeStatus(ctx context.Context, id job.ID, status job.KubeStatus, version uint64) error {
	return s.marks.SaveKubeStatus(ctx, id, status, version)
}

// kubeStatus returns the status of the Kubernetes Job, read now or as it was
// stored; nil without Kubernetes. If Kubernetes does not answer, that is not
// the job's failure: kubeStatus returns the number of replicas of the last
// sample.
func (s *Service) kubeStatus(ctx context.Context, record Record) (*job.KubeStatus, error) {
	switch {
	case s.kubeJobs != nil:
		status, err := s.kubeJobs.Status(ctx, record.Spec.ID)
		if failure.IsRetryable(err) {
			s.log.WarnContext(ctx, "reading the job status failed", "job", record.Spec.ID, "error", err)
			return lastKubeStatus(record.State), nil
		}
		return &status, err
	case !s.cfg.StoredKubeStatus:
		return nil, nil
	case record.Kube == nil:
		return &job.KubeStatus{}, nil // nothing was stored yet
	case record.Kube.Gone:
		return nil, errKubeJobGone
	default:
		return record.Kube, nil
	}
}

// lastKubeStatus returns the part of a Job's status that the last sample holds.
func lastKubeStatus(state job.State) *job.KubeStatus {
	if last := state.Summary.Last; last != nil {
		return &job.KubeStatus{Active: last.Replicas}
	}
	return &job.KubeStatus{}
}
