package bench_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/tests/bench/rig"
)

func TestParseProfile(t *testing.T) {
	t.Parallel()
	p := parseProfile("      flat  flat%   sum%        cum   cum%\n" +
		"     0.30s 30.00% 30.00%      0.30s 30.00%  internal/runtime/syscall/linux.Syscall6\n" +
		"     0.20s 20.00% 50.00%      0.90s 90.00%  runtime.newobject (inline)\n" +
		"     0.25s 25.00% 75.00%      0.25s 25.00%  runtime.mallocgc\n" +
		"         0     0% 75.00%      0.25s 25.00%  kubejobs/shared/core/job.Check\n")
	want := []part{
		{"Go's runtime: scheduler, memory, garbage", 45}, {"system calls: the network, and waiting for it", 30}, {"kubejobs: core", 0},
	}
	if diff := cmp.Diff(want, p.groups, cmp.AllowUnexported(part{})); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	if got := p.functions[2].name; got != "runtime.newobject" {
		t.Errorf("the third function is %q, want runtime.newobject", got)
	}
}

func TestRatio(t *testing.T) {
	t.Parallel()
	of := []rig.Figures{{CPU: 3}, {CPU: 8}, {CPU: 100}, {CPU: 5}}
	by := []rig.Figures{{CPU: 1}, {CPU: 2}, {CPU: 1}, {CPU: 5}}
	if got := rig.Ratio(of, by, cpuOf); got != 3.5 { // of 3, 4, 100 and 1
		t.Errorf("Ratio = %v, want 3.5", got)
	}
	if got := rig.Median(of[:3], cpuOf); got != 8 {
		t.Errorf("Median = %v, want 8", got)
	}
}
