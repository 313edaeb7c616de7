// Package screen shows lines that change: on a terminal they are redrawn in their place,
// elsewhere each one is printed.
package screen

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Size of a terminal that does not say its own, and the least rows that are drawn.
const (
	defaultWidth  = 80
	defaultHeight = 24
	leastHeight   = 2
)

// Screen shows lines that change. The zero value with Out is ready.
type Screen struct {
	Out   io.Writer
	drawn []int // widths of the lines that are drawn
}

// Size returns how many columns a line may have, and how many lines are shown; 0, 0 where
// lines are printed: any. The last column stays free, as some terminals wrap once it is
// written. It is read each time, because a window changes.
func (s *Screen) Size() (width, height int) {
	file, ok := s.file()
	if !ok {
		return 0, 0
	}
	width, height, err := term.GetSize(int(file.Fd()))
	if err != nil || width < 2 || height < leastHeight {
		width, height = defaultWidth, defaultHeight
	}
	return width - 1, height - 1
}

// Redraws reports whether lines are redrawn.
func (s *Screen) Redraws() bool {
	_, ok := s.file()
	return ok
}

func (s *Screen) file() (*os.File, bool) {
	file, ok := s.Out.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

// Draw shows lines in the place of those that were drawn before.
func (s *Screen) Draw(lines ...string) {
	if !s.Redraws() {
		for _, line := range lines {
			fmt.Fprintln(s.Out, line)
		}
		return
	}
	fmt.Fprint(s.Out, s.erase()+strings.Join(lines, "\r\n"))
	s.drawn = s.drawn[:0]
	for _, line := range lines {
		s.drawn = append(s.drawn, Cells(line))
	}
}

// erase returns what erases the drawn lines. A terminal that has become narrower has
// wrapped them.
func (s *Screen) erase() string {
	if len(s.drawn) == 0 {
		return ""
	}
	width, _ := s.Size()
	columns, rows := width+1, 0
	for _, cells := range s.drawn {
		rows += max(cells-1, 0)/columns + 1
	}
	if rows == 1 {
		return "\r\x1b[K"
	}
	return fmt.Sprintf("\x1b[%dA\r\x1b[J", rows-1)
}

// Say prints a line that stays, above those that are drawn next.
func (s *Screen) Say(text string) {
	fmt.Fprint(s.Out, s.erase()+text+"\n")
	s.drawn = s.drawn[:0]
}

// End ends the drawn lines, so that what follows begins a line.
func (s *Screen) End() {
	if len(s.drawn) > 0 {
		fmt.Fprintln(s.Out)
		s.drawn = s.drawn[:0]
	}
}
