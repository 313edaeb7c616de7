package job_test

import (
	"testing"
	"time"

	"kubejobs/shared/core/job"
)

func TestAddressString(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		address job.Address
		want    string
	}{
		"a name":       {job.Address{Host: "redis-a.default.svc", Port: 6379}, "redis-a.default.svc:6379"},
		"IPv4":         {job.Address{Host: "10.1.2.3", Port: 1}, "10.1.2.3:1"},
		"IPv6":         {job.Address{Host: "fd00::1", Port: 65535}, "[fd00::1]:65535"},
		"IPv6, a zone": {job.Address{Host: "fe80::1%eth0", Port: 80}, "[fe80::1%eth0]:80"},
		"no host":      {job.Address{Port: 80}, ":80"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.address.String(); got != tt.want {
				t.Errorf("String() = %q, want %q", got, tt.want)
			}
			database := job.Database{Host: tt.address.Host, Port: tt.address.Port, Name: "x"}
			if got := database.Address(); got != tt.address {
				t.Errorf("Database.Address() = %v, want %v", got, tt.address)
			}
		})
	}
}

func TestSpec(t *testing.T) {
	t.Parallel()
	spec := newSpec()
	if got := spec.Deadline(); !got.Equal(start.Add(time.Minute)) {
		t.Errorf("Deadline() = %v, want a minute after the submission", got)
	}
	if got := spec.Schedule().Cron; got != "*/2 * * * * *" {
		t.Errorf("Schedule() = %q, want each two seconds", got)
	}
	if got := spec.Life(); got != start.UnixMilli()+1000 {
		t.Errorf("Life() = %d, want the time of acceptance", got)
	}
	if got := (job.Spec{}).Life(); got != 0 {
		t.Errorf("Life() = %d of a spec that was not accepted, want 0", got)
	}
}
