package remote

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"kubejobs/functions/cmd/kubejobs/internal/screen"
)

// Formats of the output.
const (
	formatTable  = "table"
	formatJSON   = "json"
	formatYAML   = "yaml"
	formatCSV    = "csv"
	formatNDJSON = "ndjson"
)

// documents are the formats of one answer.
var documents = []string{formatTable, formatJSON, formatYAML}

// show writes a value as JSON or YAML, or calls table for a table.
func (s *session) show(value any, table func(io.Writer)) error {
	switch s.format {
	case formatJSON:
		text, err := json.MarshalIndent(value, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%s\n", text)
		return err
	case formatYAML:
		text, err := yaml.Marshal(value)
		if err != nil {
			return err
		}
		_, err = s.out.Write(text)
		return err
	default:
		table(s.out)
		return nil
	}
}

// tableGap is the space between two columns.
const tableGap = "  "

// grid writes rows of cells in columns. right says which columns are aligned to the right.
// Only a terminal's own characters are written.
func grid(out io.Writer, right []bool, rows ...[]string) {
	var widths []int
	for _, row := range rows {
		for i, text := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], screen.Cells(screen.Printable(text)))
		}
	}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, text := range row {
			cells[i] = screen.Pad(screen.Printable(text), widths[i], i < len(right) && right[i])
		}
		fmt.Fprintln(out, strings.TrimRight(strings.Join(cells, tableGap), " "))
	}
}

// facts writes names and values, one on each line; those without a value are left out.
func facts(out io.Writer, pairs ...[2]string) {
	var rows [][]string
	for _, pair := range pairs {
		if pair[1] != "" {
			rows = append(rows, pair[:])
		}
	}
	grid(out, nil, rows...)
}

// moment writes a time in the zone of this machine, "-" for none.
func moment(at *time.Time) string {
	if at == nil || at.IsZero() {
		return "-"
	}
	return at.Local().Format("2006-01-02 15:04:05")
}

// percent writes a share, "-" for none.
func percent(share *float64) string {
	if share == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100**share)
}

// inSeconds writes seconds, "-" for none.
func inSeconds(value *float64) string {
	if value == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f s", *value)
}

// whole writes a number, "-" for none.
func whole(n *int64) string {
	if n == nil {
		return "-"
	}
	return strconv.FormatInt(*n, 10)
}
