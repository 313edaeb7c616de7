package contract_test

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// evaluate evaluates a Python literal like ast.literal_eval, limited to what samples
// can contain: strings, whole numbers (int64 or *big.Int), floats, True, False, None,
// lists, and dicts whose keys are strings or numbers. It refuses the names that are
// JSON but not Python: true, false, null, NaN, Infinity.
func evaluate(text string) (any, error) {
	if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
		return nil, errors.New("not a source text: NUL or invalid UTF-8")
	}
	p := &literal{rest: strings.TrimLeft(text, " \t")}
	value, err := p.value()
	if err != nil {
		return nil, fmt.Errorf("%w at %.40q", err, p.rest)
	}
	if p.skip(); p.rest != "" {
		return nil, fmt.Errorf("text after the literal: %.40q", p.rest)
	}
	return value, nil
}

// literal is the rest of the text that is being read.
type literal struct{ rest string }

var errSyntax = errors.New("invalid syntax")

func (p *literal) skip() { p.rest = strings.TrimLeft(p.rest, " \t\r\n\f") }

// take skips a token and reports whether it came next.
func (p *literal) take(token string) bool {
	p.skip()
	rest, ok := strings.CutPrefix(p.rest, token)
	p.rest = rest
	return ok
}

func (p *literal) value() (any, error) {
	p.skip()
	switch {
	case p.rest == "":
		return nil, errSyntax
	case p.rest[0] == '\'' || p.rest[0] == '"':
		return p.text()
	case p.take("["):
		return p.list()
	case p.take("{"):
		return p.dict()
	case strings.IndexByte("+-.0123456789", p.rest[0]) >= 0:
		return p.number()
	default:
		return p.name()
	}
}

var word = regexp.MustCompile(`^[\pL_][\pL\pN_]*`)

// name reads one of the three constants. No other name is a literal.
func (p *literal) name() (any, error) {
	name := word.FindString(p.rest)
	value, ok := map[string]any{"True": true, "False": false, "None": nil}[name]
	if !ok {
		return nil, fmt.Errorf("malformed node: the name %q", name)
	}
	p.rest = p.rest[len(name):]
	return value, nil
}

var (
	wholeForm = regexp.MustCompile(`^(0+|[1-9][0-9]*)$`) // 01 is not a number
	floatForm = regexp.MustCompile(`^([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?$`)
	numeral   = regexp.MustCompile(`^([0-9.]|[eE][-+]?|[\pL\pN_])+`)
)

// number reads a number with at most one sign.
func (p *literal) number() (any, error) {
	sign := ""
	if p.rest[0] == '+' || p.rest[0] == '-' {
		sign, p.rest = p.rest[:1], strings.TrimLeft(p.rest[1:], " \t")
	}
	digits := numeral.FindString(p.rest)
	switch {
	case wholeForm.MatchString(digits):
		p.rest = p.rest[len(digits):]
		value, _ := new(big.Int).SetString(sign+digits, 10) // it has the right form
		if value.IsInt64() {
			return value.Int64(), nil
		}
		return value, nil
	case floatForm.MatchString(digits) && strings.ContainsAny(digits, ".eE"):
		p.rest = p.rest[len(digits):]
		value, _ := strconv.ParseFloat(sign+digits, 64) // out of range: infinite, as in Python
		return value, nil
	default:
		return nil, errSyntax
	}
}

// escapes are the escapes of one character. Others are Unicode escapes or stay as they
// are.
var escapes = map[byte]string{
	'\\': "\\", '\'': "'", '"': "\"", 'n': "\n", 'r': "\r", 't': "\t", 'b': "\b", 'f': "\f", 'a': "\a", 'v': "\v", '\n': "",
}

func (p *literal) text() (any, error) {
	quote := p.rest[0]
	var value strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == quote:
			p.rest = p.rest[i+1:]
			return value.String(), nil
		case c == '\n' || c == '\r':
			return nil, errSyntax
		case c != '\\':
			value.WriteByte(c)
		default:
			decoded, length, err := escape(p.rest[i+1:])
			if err != nil {
				return nil, err
			}
			value.WriteString(decoded)
			i += length
		}
	}
	return nil, errSyntax
}

// escape decodes the text after a backslash and returns the length of the escape.
func escape(text string) (string, int, error) {
	if text == "" {
		return "", 0, errSyntax
	}
	if decoded, ok := escapes[text[0]]; ok {
		return decoded, 1, nil
	}
	digits, ok := map[byte]int{'x': 2, 'u': 4, 'U': 8}[text[0]]
	if !ok {
		return "\\" + text[:1], 1, nil // Python keeps both
	}
	if len(text) <= digits {
		return "", 0, errSyntax
	}
	code, err := strconv.ParseUint(text[1:1+digits], 16, 32)
	if err != nil || code > utf8.MaxRune {
		return "", 0, errSyntax
	}
	return string(rune(code)), 1 + digits, nil
}

func (p *literal) list() (any, error) {
	values := []any{}
	for !p.take("]") {
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		values = append(values, value)
		if !p.take(",") && !strings.HasPrefix(p.rest, "]") {
			return nil, errSyntax
		}
	}
	return values, nil
}

func (p *literal) dict() (any, error) {
	values := map[string]any{}
	for !p.take("}") {
		key, err := p.value()
		if err != nil {
			return nil, err
		}
		switch key.(type) {
		case []any, map[string]any:
			return nil, errors.New("unhashable key")
		}
		if !p.take(":") {
			return nil, errSyntax
		}
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		values[fmt.Sprint(key)] = value
		if !p.take(",") && !strings.HasPrefix(p.rest, "}") {
			return nil, errSyntax
		}
	}
	return values, nil
}
