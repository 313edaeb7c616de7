package redisstore

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// number takes a JSON number from the text to be read; "" if there is none.
func (f *form) number() string {
	text, end := f.rest, 0
	if strings.HasPrefix(text, "-") {
		end++
	}
	whole := digits(text[end:])
	if whole == 0 || whole > 1 && text[end] == '0' {
		return ""
	}
	end += whole
	if end < len(text) && text[end] == '.' {
		fraction := digits(text[end+1:])
		if fraction == 0 {
			return ""
		}
		end += 1 + fraction
	}
	if end < len(text) && (text[end] == 'e' || text[end] == 'E') {
		end++
		if end < len(text) && (text[end] == '+' || text[end] == '-') {
			end++
		}
		exponent := digits(text[end:])
		if exponent == 0 {
			return ""
		}
		end += exponent
	}
	f.rest = text[end:]
	return text[:end]
}

// digits returns how many digits a text begins with.
func digits(text string) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}

// token takes a string with its quotes from the text to be read; "" if there is none.
func (f *form) token() string {
	if f.rest == "" || f.rest[0] != '"' {
		f.odd, f.rest = true, ""
		return ""
	}
	for end := 1; end < len(f.rest); end++ {
		switch f.rest[end] {
		case '\\':
			end++
		case '"':
			token := f.rest[:end+1]
			f.rest = f.rest[end+1:]
			return token
		}
	}
	f.odd, f.rest = true, ""
	return ""
}

// unescaped reads a string that is base64 and so has no escapes. The base64 decoder refuses
// a backslash, but it skips line breaks, which JSON forbids in a string: they are refused here.
func (f *form) unescaped() string {
	if f.rest == "" || f.rest[0] != '"' {
		f.odd, f.rest = true, ""
		return ""
	}
	text, rest, ok := strings.Cut(f.rest[1:], `"`)
	f.odd = f.odd || !ok || strings.IndexByte(text, '\n') >= 0 || strings.IndexByte(text, '\r') >= 0
	f.rest = rest
	return text
}

// quoted takes a string from the text to be read.
func (f *form) quoted() string {
	token := f.token()
	if isPlain(token[min(1, len(token)):max(len(token)-1, min(1, len(token)))]) {
		return strings.Trim(token, `"`)
	}
	var value string
	f.odd = json.Unmarshal([]byte(token), &value) != nil || f.odd
	return value
}

// isPlain reports whether a string stands in JSON as it is.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

func appendString(text []byte, value string) []byte {
	if isPlain(value) {
		return append(append(append(text, '"'), value...), '"')
	}
	quoted, err := json.Marshal(value)
	if err != nil {
		panic(err) // a string has no value that is refused
	}
	return append(text, quoted...)
}

// appendFloat writes a finite number as ECMAScript and encoding/json do: with an exponent, of
// as few digits as possible, below 1e-6 and from 1e21 on.
func appendFloat(text []byte, value float64) []byte {
	if size := math.Abs(value); size == 0 || size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(text, value, 'f', -1, 64)
	}
	text = strconv.AppendFloat(text, value, 'e', -1, 64)
	if end := len(text); text[end-4] == 'e' && text[end-2] == '0' { // e-09
		text = append(text[:end-2], text[end-1])
	}
	return text
}
