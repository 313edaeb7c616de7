package redistest

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// readCommand reads a command, an array of texts. It returns its name and its bytes.
func readCommand(reader *bufio.Reader) (name string, raw []byte, err error) {
	count, raw, err := readLength(reader, nil)
	if err != nil {
		return "", nil, err
	}
	for i := range count {
		var length int
		if length, raw, err = readLength(reader, raw); err != nil {
			return "", nil, err
		}
		text := make([]byte, length+2)
		if _, err := io.ReadFull(reader, text); err != nil {
			return "", nil, err
		}
		raw = append(raw, text...)
		if i == 0 {
			name = strings.ToUpper(string(text[:length]))
		}
	}
	return name, raw, nil
}

// readLength reads the length of an array or of a text. It appends the line to raw.
func readLength(reader *bufio.Reader, raw []byte) (int, []byte, error) {
	line, err := reader.ReadString('\n')
	if err != nil {
		return 0, nil, err
	}
	length, err := strconv.Atoi(strings.TrimSpace(line[1:]))
	if err == nil && length < 0 {
		err = fmt.Errorf("a length of %d", length)
	}
	return length, append(raw, line...), err
}
