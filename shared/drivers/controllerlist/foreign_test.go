package controllerlist_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/controllerlist"
	"kubejobs/shared/monitor"
)

// mine returns a sample of a job as this program writes it, theirs as Asperathos'
// Monitor does.
func mine(id string, at int) string {
	return `{"name":"application_progress_error","value":0.5,"timestamp":` + strconv.Itoa(at) +
		`,"dimensions":{"application_id":"` + id + `","service":"kubejobs"}}`
}

func theirs(id string) string {
	return `{'name': 'application_progress_error', 'value': -2e-09, 'timestamp': 1795498954982.3005, ` +
		`'dimensions': {'application_id': '` + id + `', 'service': 'kubejobs'}}`
}

// A list that is somebody else's is refused and keeps its elements, its length and its
// expiry. The job gets its samples once that list is gone.
func TestListOfSomebodyElse(t *testing.T) {
	t.Parallel()
	long := slices.Repeat([]string{"theirs"}, 3*controllerlist.MaxLength)
	tests := map[string]struct {
		elements []string // oldest first
		expiry   time.Duration
	}{
		"of one text":                       {[]string{"theirs"}, 0},
		"of an empty text":                  {[]string{""}, 0},
		"that is long":                      {long, 0},
		"that expires":                      {[]string{"theirs"}, time.Minute},
		"of numbers":                        {[]string{"1", "2", "3"}, 0},
		"of other JSON":                     {[]string{`{"id":"kj-abc1234"}`, `{"name":"cpu","value":1}`}, 0},
		"of another job's samples":          {[]string{mine("kj-abc12345", 1)}, 0},
		"of the Monitor's of another job":   {[]string{theirs("other")}, 0},
		"whose oldest alone is a sample":    {[]string{mine("kj-abc1234", 1), "theirs"}, 0},
		"of binary data":                    {[]string{"\x00\xff\r\n"}, 0},
		"of a megabyte":                     {[]string{strings.Repeat("x", 1<<20)}, 0},
		"of a megabyte that holds a sample": {[]string{mine("kj-abc1234", 1) + strings.Repeat(" ", 1<<20)}, 0},
		"that is long and ends in a sample": {append(slices.Clone(long), mine("kj-abc1234", 1)), 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, f fixture) {
				t.Helper()
				f.fill(t, tt.elements...)
				list := controllerlist.Key(jobID)
				if tt.expiry != 0 {
					f.client.Expire(t.Context(), list, tt.expiry)
				}
				wantRefused(t, f, "the list kj-abc1234:metrics belongs to somebody else")
				if diff := cmp.Diff(tt.elements, f.client.LRange(t.Context(), list, 0, -1).Val()); diff != "" {
					t.Errorf("elements (-want +got):\n%.2000s", diff)
				}
				if got := f.client.PTTL(t.Context(), list).Val(); tt.expiry == 0 && got != -1 || got > max(tt.expiry, 0) {
					t.Errorf("the list expires in %v, want %v", got, tt.expiry)
				}
				if keys := f.client.DBSize(t.Context()).Val(); keys != 1 {
					t.Errorf("%d keys, want no other one", keys)
				}
				f.client.Del(t.Context(), list)
				f.push(t, "tick-2", 2000)
				f.wantTimestamps(t, 2000)
			})
		})
	}
}

// fill pushes elements to the list.
func (f fixture) fill(t *testing.T, elements ...string) {
	t.Helper()
	values := make([]any, len(elements))
	for i, element := range elements {
		values[i] = element
	}
	if err := f.client.RPush(t.Context(), controllerlist.Key(jobID), values...).Err(); err != nil {
		t.Fatal(err)
	}
}

// The job's own list is known by the set of the pushed ticks, or if that is gone by
// its newest element.
func TestOwnList(t *testing.T) {
	t.Parallel()
	ticks := "{" + controllerlist.Key(jobID) + "}:ticks"
	tests := map[string]struct {
		prepare func(*testing.T, fixture)
		length  int64
	}{
		"new": {func(*testing.T, fixture) {}, 1},
		"popped empty": {func(t *testing.T, f fixture) {
			t.Helper()
			f.push(t, "tick-1", 1000)
			f.client.RPop(t.Context(), controllerlist.Key(jobID))
		}, 1},
		"whose ticks were evicted": {func(t *testing.T, f fixture) {
			t.Helper()
			f.push(t, "tick-1", 1000)
			f.client.Del(t.Context(), ticks)
		}, 2},
		"of Asperathos' Monitor": {func(t *testing.T, f fixture) {
			t.Helper()
			f.fill(t, theirs(string(jobID)))
		}, 2},
		"of Asperathos' Monitor, long": {func(t *testing.T, f fixture) {
			t.Helper()
			f.fill(t, slices.Repeat([]string{theirs(string(jobID))}, 2*controllerlist.MaxLength-1)...)
		}, controllerlist.MaxLength},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, f fixture) {
				t.Helper()
				tt.prepare(t, f)
				f.push(t, "tick-9", 9000)
				list := controllerlist.Key(jobID)
				if got := f.client.LLen(t.Context(), list).Val(); got != tt.length {
					t.Errorf("%d elements, want %d", got, tt.length)
				}
				if got := f.client.LIndex(t.Context(), list, -1).Val(); !strings.Contains(got, `"timestamp":9000,`) {
					t.Errorf("newest %s, want the pushed sample", got)
				}
				if got := f.client.PTTL(t.Context(), list).Val(); got <= expiry-time.Minute || got > expiry {
					t.Errorf("the list expires in %v, want %v", got, expiry)
				}
			})
		})
	}
}

// Elements that others push to the job's own list are not trimmed, and the list is
// not made to expire with them. It does not grow without bound for that.
func TestOthersElementsInTheOwnList(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f fixture) {
		t.Helper()
		list := controllerlist.Key(jobID)
		f.push(t, "tick-1", 1000)
		f.client.RPop(t.Context(), list)
		f.fill(t, "theirs", "too")
		f.push(t, "tick-2", 2000)
		f.push(t, "tick-3", 3000)
		if got := f.client.PTTL(t.Context(), list).Val(); got != -1 {
			t.Errorf("the list expires in %v, want never", got)
		}
		for i := range controllerlist.MaxLength {
			key := monitor.PushKey{TickID: strconv.Itoa(i)}
			err := f.Push(t.Context(), f.spec, key, sample.Sample{At: int64(4000 + i)})
			if want := i >= controllerlist.MaxLength-4; (failure.KindOf(err) == failure.KindRefused) != want {
				t.Fatalf("push %d: %v, want refused %t", i, err, want)
			}
		}
		if got := f.client.LRange(t.Context(), list, 0, 1).Val(); !slices.Equal(got, []string{"theirs", "too"}) {
			t.Errorf("oldest %q, want those of others", got)
		}
		if got := f.client.LLen(t.Context(), list).Val(); got != controllerlist.MaxLength {
			t.Errorf("%d elements, want %d", got, controllerlist.MaxLength)
		}
	})
}
