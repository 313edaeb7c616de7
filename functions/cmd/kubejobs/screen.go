package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// defaultWidth is the width of a terminal that does not say its own.
const defaultWidth = 80

// screen shows a line that changes: on a terminal the line is redrawn, elsewhere each
// one is printed.
type screen struct {
	out   io.Writer
	drawn int // width of the line that is drawn; 0: none
}

// width returns how wide a line may be; 0 is any width. The last column stays free,
// as some terminals wrap once it is written. It is read each time, because a window
// changes.
func (s *screen) width() int {
	file, ok := s.terminal()
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width < 2 {
		width = defaultWidth
	}
	return width - 1
}

func (s *screen) terminal() (*os.File, bool) {
	file, ok := s.out.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

// draw shows a line in the place of the one that was drawn before.
func (s *screen) draw(line string) {
	if _, ok := s.terminal(); !ok {
		fmt.Fprintln(s.out, line)
		return
	}
	fmt.Fprint(s.out, s.erase()+line)
	s.drawn = cells(line)
}

// erase returns what erases the drawn line. A terminal that has become narrower has
// wrapped it.
func (s *screen) erase() string {
	columns := s.width() + 1
	if rows := (s.drawn - 1) / columns; s.drawn > columns {
		return fmt.Sprintf("\x1b[%dA\r\x1b[J", rows)
	}
	return "\r\x1b[K"
}

// say prints a line that stays.
func (s *screen) say(text string) {
	if s.drawn > 0 {
		fmt.Fprint(s.out, s.erase())
		s.drawn = 0
	}
	fmt.Fprintln(s.out, text)
}

// end ends the drawn line, so that what follows begins a line.
func (s *screen) end() {
	if s.drawn > 0 {
		fmt.Fprintln(s.out)
		s.drawn = 0
	}
}
