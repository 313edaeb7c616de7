package screen

import (
	"strings"
	"unicode"
)

// Printable replaces what would move the cursor of a terminal.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}

// Cells returns how many columns of a terminal a text takes, or more: any character that
// may be wide counts as wide.
func Cells(text string) int {
	n := 0
	for _, r := range text {
		n += runeCells(r)
	}
	return n
}

func runeCells(r rune) int {
	const firstWide = 0x1100 // the first of Hangul, by Unicode's East Asian Width
	const firstBlock, lastBlock = '\u2580', '\u259f'
	if r >= firstWide && r != '…' && r != '→' && (r < firstBlock || r > lastBlock) {
		return 2
	}
	return 1
}

// Cut returns the beginning of a text, with an ellipsis if it takes more than width
// columns.
func Cut(text string, width int) string {
	if Cells(text) <= width {
		return text
	}
	if width < 1 {
		return ""
	}
	left := width - 1
	for i, r := range text {
		if left -= runeCells(r); left < 0 {
			return text[:i] + "…"
		}
	}
	return text
}

// Pad returns a text that takes width columns: cut, or with spaces after it, before it if
// right.
func Pad(text string, width int, right bool) string {
	text = Cut(text, width)
	space := strings.Repeat(" ", max(width-Cells(text), 0))
	if right {
		return space + text
	}
	return text + space
}
