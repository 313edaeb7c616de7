package promtext

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// write writes a family in the text format.
func (f *family) write(w *bytes.Buffer) {
	w.WriteString("# HELP " + f.name + " " + helpEscaper.Replace(f.help) + "\n")
	w.WriteString("# TYPE " + f.name + " " + f.kind + "\n")
	for _, one := range f.series {
		if one.buckets == nil {
			sample(w, f.name, one.labels, "", number(one.value))
			continue
		}
		one.write(w, f.name, one.labels)
	}
}

// write writes a histogram: how many values are at most each bound.
func (b *buckets) write(w *bytes.Buffer, name string, labels []label) {
	total := uint64(0)
	for i, bound := range b.bounds {
		total += b.counts[i]
		sample(w, name+"_bucket", labels, number(bound), strconv.FormatUint(total, 10))
	}
	count := strconv.FormatUint(b.count, 10)
	sample(w, name+"_bucket", labels, "+Inf", count)
	sample(w, name+"_sum", labels, "", number(b.sum))
	sample(w, name+"_count", labels, "", count)
}

// sample writes a line. bound is a bucket's, which is its last label.
func sample(w *bytes.Buffer, name string, labels []label, bound, value string) {
	w.WriteString(name)
	open := byte('{')
	add := func(name, value string) {
		w.WriteByte(open)
		w.WriteString(name + `="`)
		_, _ = escaper.WriteString(w, value) // a buffer does not fail
		w.WriteByte('"')
		open = ','
	}
	for _, l := range labels {
		add(l.name, l.value)
	}
	if bound != "" {
		add("le", bound)
	}
	if open == ',' {
		w.WriteByte('}')
	}
	w.WriteString(" " + value + "\n")
}

// The escapers of a label's value and of a help text.
var (
	escaper     = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
	helpEscaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
)

// number writes a number as Prometheus reads it.
func number(n float64) string {
	switch {
	case math.IsInf(n, 1):
		return "+Inf"
	case math.IsInf(n, -1):
		return "-Inf"
	}
	return strconv.FormatFloat(n, 'g', -1, 64)
}
