package monitor

import (
	"context"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// Why the status of a Kubernetes Job is unknown.
const (
	kubeJobAbsent  = "the Job does not exist"
	kubeJobUnheard = "no status of the Job has arrived"
)

// maxVersion is the largest version of a Kubernetes Job: a revision of etcd is an
// int64.
const maxVersion = 1<<63 - 1

// SaveKubeStatus stores the status of a Kubernetes Job. version rises with the
// changes of the Job: a status that arrives late changes nothing. Anybody who can
// reach the program may report a status, so no version, time or UID keeps later
// reports out for good.
func (s *Service) SaveKubeStatus(ctx context.Context, id job.ID, status job.KubeStatus, version uint64) error {
	if version > maxVersion {
		return failure.InvalidField("resourceVersion", "want at most %d, got %d", int64(maxVersion), version)
	}
	status.Saved = s.now().UnixMilli()
	status.Created = min(status.Created, status.Saved) // no Job was created in the future
	return s.marks.SaveKubeStatus(ctx, id, status, version)
}

// kubeHalf returns what is known about the Kubernetes Job: as Kubernetes answers
// now, or as it was stored. A Job that is complete or has failed counts even if
// it was deleted since. An end that was stored before the life began is that of an
// earlier Job of the same name.
func (s *Service) kubeHalf(ctx context.Context, record *Record) job.KubeHalf {
	switch {
	case s.asksKubernetes():
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

// asksKubernetes reports whether a tick asks Kubernetes itself.
func (s *Service) asksKubernetes() bool { return !s.cfg.StoredKubeStatus && s.kubeJobs != nil }

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

// correct replaces the stored status of a Kubernetes Job by what Kubernetes answered
// to a question that was asked at a time, if that is something else. An end is kept
// after the Job was deleted.
func (s *Service) correct(ctx context.Context, record *Record, answer job.KubeHalf, asked time.Time) {
	stored := record.Kube
	if stored == nil || answer.Status == nil && !answer.Absent {
		return
	}
	truth := job.KubeStatus{Started: stored.Started, Gone: true}
	switch {
	case answer.Status != nil:
		truth = *answer.Status
	case stored.Complete || stored.Failed:
		truth = *stored
	}
	if !record.Doubted && sameStatus(truth, *stored) {
		return
	}
	truth.Saved = asked.UnixMilli()
	if answer.Absent && (stored.Complete || stored.Failed) {
		truth.Saved = stored.Saved
	}
	if err := s.marks.ReplaceKubeStatus(ctx, record.Spec.ID, truth); err != nil {
		s.log.WarnContext(ctx, "correcting the job status failed", "job", record.Spec.ID, "error", err)
	}
}

// sameStatus reports whether two statuses of a Kubernetes Job mean the same.
func sameStatus(a, b job.KubeStatus) bool {
	same := sameNumber(a.Ready, b.Ready) && sameNumber(a.Parallelism, b.Parallelism) && sameNumber(a.Left, b.Left)
	a.Ready, a.Parallelism, a.Left = b.Ready, b.Parallelism, b.Left
	a.Saved, a.UID, a.Created, a.Version = b.Saved, b.UID, b.Created, b.Version
	return same && a == b
}

// sameNumber reports whether both numbers are unknown, or they are the same.
func sameNumber(a, b *int64) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}
