package sample_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/sample"
)

// literalEval reads a line for each element and writes value and timestamp as Python's
// ast.literal_eval reads them: a float by its digits in hexadecimal.
const literalEval = `
import ast, sys
for line in sys.stdin:
    e = ast.literal_eval(line)
    assert set(e) == {"name", "value", "timestamp", "dimensions"}, e
    print(float(e["value"]).hex(), e["timestamp"], e["dimensions"]["application_id"])
`

// Python reads the numbers that were encoded, as the Controller does.
func TestElementsInPython(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	values := []float64{0, math.Copysign(0, -1), 1, -1e-7, 1e21, -1e22, 5e-324, math.MaxFloat64, -math.MaxFloat64, 1 << 53, -0.03333333333333333}
	for range 2000 {
		if value := math.Float64frombits(random.Uint64()); !math.IsNaN(value) && !math.IsInf(value, 0) {
			values = append(values, value)
		}
	}
	var elements strings.Builder
	var want [][3]any
	for _, value := range values {
		at := random.Int64N(1 << 53)
		element, err := sample.Encode("kj-1", sample.Sample{At: at, Error: value})
		if err != nil {
			t.Fatal(err)
		}
		elements.WriteString(element.At(at) + "\n")
		want = append(want, [3]any{value, at, "kj-1"})
	}
	python := exec.CommandContext(t.Context(), "python3", "-c", literalEval)
	python.Stdin = strings.NewReader(elements.String())
	output, err := python.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got [][3]any
	for line := range strings.Lines(string(output)) {
		fields := strings.Fields(line)
		var at int64
		if err := json.Unmarshal([]byte(fields[1]), &at); err != nil {
			t.Fatal(err)
		}
		got = append(got, [3]any{hexadecimal(t, fields[0]), at, fields[2]})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Python reads (-want +got):\n%s", diff)
	}
}

// hexadecimal reads what float.hex writes.
func hexadecimal(t *testing.T, text string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}
