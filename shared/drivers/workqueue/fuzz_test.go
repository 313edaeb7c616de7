package workqueue

import (
	"math/big"
	"testing"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/testkit/failuretest"
)

// Lengths are taken if each may be that of a list and JSON keeps their sum exactly.
func FuzzLengths(f *testing.F) {
	f.Add(int64(0), int64(0), int64(0), "job")
	f.Add(int64(1<<53), int64(0), int64(0), "\x1b[31m")
	f.Add(int64(1<<53), int64(1), int64(0), "")
	f.Add(int64(1<<62), int64(1<<62), int64(1<<62), "\u202e")
	f.Add(int64(-1), int64(1<<63-1), int64(-1<<63), "a")
	f.Fuzz(func(t *testing.T, queued, inFlight, results int64, list string) {
		sum := new(big.Int)
		possible := true
		for _, length := range []int64{queued, inFlight, results} {
			sum.Add(sum, big.NewInt(length))
			possible = possible && length >= 0
		}
		possible = possible && sum.Cmp(big.NewInt(1<<53)) <= 0
		err := lengths{queued, inFlight, results}.check(job.Queue{Address: job.Address{Host: "redis", Port: 6379}, Lists: job.Lists{Pending: list}})
		if (err == nil) != possible {
			t.Errorf("%d, %d and %d items: %v", queued, inFlight, results, err)
		}
		if err != nil {
			failuretest.Shown(t, err)
			if failure.KindOf(err) != failure.KindRefused {
				t.Errorf("kind %q", failure.KindOf(err))
			}
		}
	})
}
