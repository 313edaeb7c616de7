package monitor_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

// What is wrong with a job is said in words, with the time since when.
func TestProblems(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(b *bench)
		want    []string // the beginnings of the texts
		since   time.Duration
	}{
		"nothing": {func(b *bench) {
			b.at(2 * time.Second)
			b.queue.Set(job.QueueCount{Queued: 5, Results: 1}, nil)
			b.tick("t1", monitor.OutcomeSampled)
		}, nil, 0},
		"the queue cannot be read": {func(b *bench) {
			b.at(2 * time.Second)
			b.queue.Set(job.QueueCount{}, failure.Unavailable("the queue does not answer", errors.New("dial")))
			b.tick("t1", monitor.OutcomeFailed)
		}, []string{"The queue cannot be read: the queue does not answer"}, 2 * time.Second},
		"no ticks": {func(b *bench) { b.at(16 * time.Second) }, []string{"No tick arrives"}, 0},
		"a stall": {func(b *bench) {
			b.queue.Set(job.QueueCount{Queued: 5, InFlight: 1}, nil)
			for i := 1; i < 13; i++ {
				b.at(time.Duration(2*i) * time.Second)
				b.tick("t"+string(rune('a'+i)), monitor.OutcomeSampled)
			}
		}, []string{"No progress: replicas work and complete nothing"}, 2 * time.Second},
		"late, without ticks": {func(b *bench) {
			b.at(61 * time.Second)
		}, []string{"The deadline has passed", "No tick arrives"}, time.Minute},
		"it finished late": {func(b *bench) {
			b.queue.Set(job.QueueCount{Queued: 6}, nil)
			b.at(2 * time.Second)
			b.tick("t1", monitor.OutcomeSampled)
			b.queue.Set(job.QueueCount{Results: 6}, nil)
			b.at(90 * time.Second)
			b.tick("t2", monitor.OutcomeSampled)
		}, []string{"The job finished 30 s after its deadline"}, time.Minute},
		"a queue that holds too much": {func(b *bench) {
			b.queue.Set(job.QueueCount{Queued: 9}, nil)
			b.at(2 * time.Second)
			b.tick("t1", monitor.OutcomeSampled)
		}, []string{"the queue holds 9 items"}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.start("a")
			tt.prepare(b)
			problems := b.status().Problems
			if len(problems) != len(tt.want) {
				t.Fatalf("problems %v, want %q", problems, tt.want)
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(problems[i].Text, want) {
					t.Errorf("problem %q, want %q", problems[i].Text, want)
				}
			}
			if tt.since > 0 && (problems[0].Since == nil || !problems[0].Since.Equal(monitortest.Start.Add(tt.since))) {
				t.Errorf("since %v, want %v", problems[0].Since, monitortest.Start.Add(tt.since))
			}
		})
	}
}
