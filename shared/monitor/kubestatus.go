package monitor

import (
	"context"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// Why the status of a Kubernetes Job is unknown.
const (
	kubeJobAbsent  = "the Job does not exist"
	kubeJobUnheard = "no status of the Job has arrived"
)

// SaveKubeStatus stores the status of a Kubernetes Job. version rises with the
// changes of the Job: a status that arrives late changes nothing.
func (s *Service) SaveKubeStatus(ctx context.Context, id job.ID, status job.KubeStatus, version uint64) error {
	status.Saved = s.now().UnixMilli()
	return s.marks.SaveKubeStatus(ctx, id, status, version)
}

// kubeHalf returns what is known about the Kubernetes Job: as Kubernetes answers
// now, or as it was stored. A Job that is complete or has failed counts even if
// it was deleted since. An end that was stored before the life began is that of an
// earlier Job of the same name.
func (s *Service) kubeHalf(ctx context.Context, record Record) job.KubeHalf {
	switch {
	case !s.cfg.StoredKubeStatus && s.kubeJobs != nil:
		return s.askKubernetes(ctx, record.Spec.ID)
	case !s.cfg.StoredKubeStatus:
		return job.KubeHalf{}
	case record.Kube == nil, record.Kube.Final() && record.Kube.Saved < record.Spec.Accepted.UnixMilli():
		return job.KubeHalf{Asked: true, Error: kubeJobUnheard}
	case record.Kube.Gone && !record.Kube.Complete && !record.Kube.Failed:
		return job.KubeHalf{Asked: true, Absent: true, Existed: true, Error: kubeJobAbsent}
	default:
		return job.KubeHalf{Asked: true, Status: record.Kube}
	}
}

// askKubernetes reads the status of a Kubernetes Job. A refusal of any kind
// leaves the status unknown; it is not a failure of the job.
func (s *Service) askKubernetes(ctx context.Context, id job.ID) job.KubeHalf {
	status, err := s.kubeJobs.Status(ctx, id)
	switch {
	case err == nil:
		return job.KubeHalf{Asked: true, Status: &status}
	case failure.KindOf(err) == failure.KindNotFound:
		return job.KubeHalf{Asked: true, Absent: true, Error: kubeJobAbsent}
	default:
		s.log.WarnContext(ctx, "reading the job status failed", "job", id, "error", err)
		return job.KubeHalf{Asked: true, Error: explain(err)}
	}
}
