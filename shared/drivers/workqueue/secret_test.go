package workqueue_test

import (
	"context"
	"testing"

	"kubejobs/shared/core/credential"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/drivers/workqueue"
	"kubejobs/shared/testkit/redistest"
)

// The queue is read with the credentials of its Secret, also by a user that has no right
// but to read the lengths of its own lists.
func TestQueueWithASecret(t *testing.T) {
	t.Parallel()
	server := redistest.StartSecured(t, redistest.Security{
		Password: "admin", Users: []string{"reader on >hunter2 ~job* -@all +llen", "other on >hunter2 ~other* -@all +llen"},
	})
	if err := server.Client().RPush(t.Context(), "job", "a", "b").Err(); err != nil {
		t.Fatal(err)
	}
	pool := redispool.New(redispool.Options{Credentials: func(_ context.Context, name string) (credential.Set, error) {
		if name == "none" {
			return credential.Set{}, failure.Refused("the Secret none does not exist in the namespace default", nil)
		}
		return credential.Parse(map[string][]byte{"username": []byte(name), "password": []byte("hunter2")})
	}})
	t.Cleanup(pool.Close)
	queue := workqueue.New(pool)
	const prefix = "cannot read the queue at "
	for secret, want := range map[string]string{
		"reader": "", "": prefix + server.Addr() + ": a password is required", "unknown": prefix + server.Addr() + ": wrong password",
		"other": prefix + server.Addr() + ": no permission", "none": "the Secret none does not exist in the namespace default",
	} {
		count, err := queue.Count(t.Context(), job.Queue{Address: server.Address(), Secret: secret})
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want || want == "" && count.Queued != 2 || want != "" && failure.KindOf(err) != failure.KindRefused {
			t.Errorf("Secret %q: %+v, error %q, want %q", secret, count, got, want)
		}
	}
}
