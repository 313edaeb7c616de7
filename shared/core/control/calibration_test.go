package control_test

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// figures are those of a policy over the jobs of a scenario.
type figures struct {
	jobs                            int
	missed, seconds, above, changes float64 // means over the jobs; seconds as a multiple of the oracle's
}

func (f *figures) add(o figures) {
	n := float64(f.jobs + o.jobs)
	if n == 0 {
		return
	}
	mix := func(a *float64, b float64) { *a = (*a*float64(f.jobs) + b*float64(o.jobs)) / n }
	mix(&f.missed, o.missed)
	mix(&f.seconds, o.seconds)
	mix(&f.above, o.above)
	mix(&f.changes, o.changes)
	f.jobs += o.jobs
}

// result is the figures of a policy: one by scenario, and pooled.
type result struct {
	name   string
	by     []figures
	pooled figures
}

// measure simulates n jobs of each scenario under each policy.
func measure(policies []contender, n int, size float64, graceful bool) []result {
	single := make([][]figures, len(scenarios)*n) // by job and policy
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(single); i = int(next.Add(1)) - 1 {
				single[i] = compare(policies, draw(scenarios[i/n], i%n, size), graceful)
			}
		})
	}
	wait.Wait()
	results := make([]result, len(policies))
	for p := range policies {
		results[p] = result{name: policies[p].name, by: make([]figures, len(scenarios))}
		for i, job := range single {
			results[p].by[i/n].add(job[p])
			results[p].pooled.add(job[p])
		}
	}
	return results
}

// compare simulates one job under each policy.
func compare(policies []contender, j *job, graceful bool) []figures {
	all := make([]figures, len(policies))
	for i, p := range policies {
		out := simulate(j, graceful, j.oracle, p.rule(j, graceful))
		all[i] = figures{jobs: 1, seconds: out.seconds / j.cost, above: out.above / out.seconds, changes: float64(out.changes)}
		if out.finish > j.deadline {
			all[i].missed = 1
		}
	}
	return all
}
