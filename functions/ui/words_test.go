package ui

import "testing"

func TestWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ got, want string }{
		{count(0), "0"},
		{count(999), "999"},
		{count(1000), "1,000"},
		{count(int64(1234567)), "1,234,567"},
		{count(-123456), "-123,456"},
		{percent(0), "0 %"},
		{percent(.125), "13 %"},
		{percent(.999), "99 %"},
		{percent(1), "100 %"},
		{percent(12.5), "1,250 %"},
		{chance(0), "0 %"},
		{chance(.004), "<1 %"},
		{chance(.006), "1 %"},
		{chance(.996), ">99 %"},
		{chance(1), "100 %"},
		{span(0), "0.0 s"},
		{span(9.94), "9.9 s"},
		{span(9.95), "10 s"},
		{span(-119.4), "119 s"},
		{span(119.6), "2 min"},
		{span(3725), "62 min 5 s"},
		{span(7200), "2 h"},
		{span(7260), "2 h 1 min"},
		{span(172800), "2 d"},
		{span(180000), "2 d 2 h"},
		{margin(nil), "–"},
		{margin(ptr(0)), "0.0 s spare"},
		{margin(ptr(-30)), "30 s late"},
		{rate(0), "0 items/s"},
		{rate(2.44), "2.4 items/s"},
		{rate(1234.5), "1,235 items/s"},
		{rate(.05), "3.0 items/min"},
		{rate(.001), "3.6 items/h"},
		{points(ptr(-.1234)), "12.3 points behind"},
		{points(ptr(.05)), "5.0 points ahead"},
		{off(-10, -.25), "10 s too early (25 %)"},
		{off(75, .5), "75 s too late (50 %)"},
		{millisOf(int64(250)), "0.3 s"},
		{millisOf(12500.0), "13 s"},
		{sentence("id: is missing"), "Id: is missing"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func ptr(x float64) *float64 { return &x }
