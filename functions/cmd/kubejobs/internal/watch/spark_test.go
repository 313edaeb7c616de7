package watch

import (
	"math"
	"testing"
)

func TestSparkline(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		values []float64
		want   string
	}{
		"nothing":        {nil, "    "},
		"one":            {[]float64{.3}, "   ▅"},
		"even":           {[]float64{0, 0, 0}, " ▅▅▅"},
		"noise":          {[]float64{0, .01}, "  ▄▅"},
		"rising":         {[]float64{-1, 0, 1}, " ▁▅█"},
		"the last count": {[]float64{9, 9, 0, 1, 2, 7}, "▁▂▃█"},
		"not a number":   {[]float64{0, math.NaN(), 1}, "    "},
		"infinite":       {[]float64{0, math.Inf(1)}, "  ▁ "},
		"huge":           {[]float64{-math.MaxFloat64, math.MaxFloat64}, "  ▁ "},
	}
	for name, tt := range tests {
		if got := sparkline(tt.values, 4); len([]rune(got)) != 4 || got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
