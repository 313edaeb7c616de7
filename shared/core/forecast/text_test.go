package forecast_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"math"
	"strings"
	"testing"
	"time"

	"kubejobs/shared/core/forecast"
)

func TestDamagedTexts(t *testing.T) {
	t.Parallel()
	c := folded(steady(1000, 10, 300, 2*time.Second))
	text, err := c.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	refused := func(name, text string) {
		kept := c
		if err := kept.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
		if kept != c {
			t.Errorf("%s: the course changed", name)
		}
	}
	for i := range text {
		other := byte('A')
		if text[i] == other {
			other = 'B'
		}
		refused("a changed character", string(text[:i])+string(other)+string(text[i+1:]))
		if i > 0 {
			refused("cut off", string(text[:i]))
		}
	}
	refused("longer", string(text)+"AAAA")
	refused("huge", strings.Repeat("A", 1<<20))
	refused("not base64", "{}")
}

func TestTextOfNothing(t *testing.T) {
	t.Parallel()
	if got := again(t, forecast.Course{}); got != (forecast.Course{}) {
		t.Errorf("got %+v", got)
	}
	var v struct {
		Course forecast.Course `json:"course,omitzero"`
	}
	if text, err := json.Marshal(v); err != nil || string(text) != "{}" {
		t.Errorf("%s, %v", text, err)
	}
}

// script makes a course of bytes: each 6 are a point.
func script(t *testing.T, text []byte) forecast.Course {
	t.Helper()
	var c forecast.Course
	p := forecast.Point{At: 1e12, Items: 100, Working: 3}
	for ; len(text) >= 6; text = text[6:] {
		scale := func(b byte) float64 { return math.Ldexp(float64(b&7+1), int(b>>3)*2) }
		p.At += int64(scale(text[0])) - 1
		p.Done += scale(text[1]) - 1
		switch text[2] % 8 {
		case 0:
			p.Done = math.NaN()
		case 1:
			p.Done -= 3 * scale(text[1])
		case 2:
			p.Items = int64(scale(text[2]))
		case 3:
			p.At = -p.At
		}
		p.Items += int64(text[2] / 8)
		p.Working = int64(scale(text[3])) - 1
		p.Asked = p.Working + int64(int8(text[4]))
		p.Held = text[5]&3 == 0
		for range text[5] { // the same again and again: windows fill
			c = c.Fold(p)
			p.At += int64(scale(text[0]))
			p.Done += float64(text[4])
		}
	}
	back := again(t, c)
	if back != c {
		t.Fatalf("got %+v, want %+v", back, c)
	}
	return c
}

// FuzzCourse folds any points and asks all.
func FuzzCourse(f *testing.F) {
	f.Add([]byte{90, 9, 7, 9, 0, 250, 90, 20, 15, 200, 4, 255})
	f.Add([]byte(strings.Repeat("\x5a\xf0\xff\xf0\x7f\xff\x30\x10\x07\x01\x10\x05", 12)))
	f.Add([]byte(strings.Repeat("Zq\x0fA\x03\x07", 40)))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 600 {
			return
		}
		c := script(t, text)
		finite := func(name string, x float64) {
			if math.IsNaN(x) || math.IsInf(x, 0) || x < 0 {
				t.Fatalf("%s %v", name, x)
			}
		}
		finite("exposure", c.Exposure)
		finite("start-up", c.StartUp().Seconds())
		m := c.Model()
		if m == nil {
			return
		}
		rates := m.Rates()
		finite("rate now", rates.Now)
		finite("mean rate", rates.Mean)
		finite("rate of a replica", rates.Replica)
		for _, r := range []int64{0, 1, 3, 1000, 1 << 40, math.MaxInt64} {
			fleet := forecast.Fleet{Replicas: r, Kills: r == 3}
			last := time.UnixMilli(c.Last.At)
			for i, at := range m.Finish(fleet, .001, .1, .5, .9, .999) {
				switch {
				case at.IsZero():
					last = time.UnixMilli(math.MaxInt64)
				case at.Before(last):
					t.Fatalf("%d replicas: quantile %d is %v, before %v", r, i, at, last)
				default:
					last = at
				}
			}
			p := 0.
			for _, d := range []time.Duration{-1, 0, 1, time.Second, time.Hour, math.MaxInt64} {
				q := m.Within(d, fleet)
				finite("P", q)
				if q < p-1e-12 || q > 1 {
					t.Fatalf("%d replicas: P %v within %v, was %v", r, q, d, p)
				}
				p = q
			}
		}
		if need := m.Needed(time.Hour, .9, 0, math.MaxInt64, true); need.Replicas < 1 || need.Met != (need.Probability >= .9) {
			t.Fatalf("needed %+v", need)
		}
	})
}

// FuzzText decodes any text, also with a right check sum.
func FuzzText(f *testing.F) {
	text, err := folded(steady(100, 3, 50, 2*time.Second)).MarshalText()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("AAAA"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, text := range [][]byte{text, signed(text)} {
			var c forecast.Course
			if c.UnmarshalText(text) != nil {
				continue
			}
			if back := again(t, c); back != c {
				t.Fatalf("got %+v, want %+v", back, c)
			}
			for range 30 {
				c = c.Fold(forecast.Point{At: c.Last.At + 2000, Items: 1 << 50, Done: c.Last.Done + 5, Working: 7})
			}
			model(again(t, c))
		}
	})
}

// signed returns the text with the check sum made right.
func signed(text []byte) []byte {
	raw, err := base64.RawURLEncoding.DecodeString(string(text))
	if err != nil || len(raw) < 4 {
		return nil
	}
	raw = raw[:len(raw)-4]
	raw = binary.LittleEndian.AppendUint32(raw, crc32.ChecksumIEEE(raw))
	return []byte(base64.RawURLEncoding.EncodeToString(raw))
}
