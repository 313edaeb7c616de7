package redisstore

import (
	"encoding/json"
	"strings"
	"sync"
)

// form is a JSON object that is written to out, or read from rest. A description of a type
// names each of its fields once, for both, in the order of the type.
//
// What is written is what encoding/json writes. Read is only such a text: with anything else,
// as white space or another order of the fields, the form is odd, and its reader has to use
// encoding/json. So both always give the same.
type form struct {
	reading bool
	out     []byte // while reading, room for anything
	rest    string
	comma   bool // one comes before the next field
	odd     bool
}

// maxRoom bounds what a form keeps for the next text: events that wait can be much more.
const maxRoom = 32 << 10

// forms have room for the text of a state with the longest course.
var forms = sync.Pool{New: func() any { return &form{out: make([]byte, 0, 8<<10)} }}

// write returns a form that holds the object that a description writes, and false if
// encoding/json has to. The caller may release the form.
func write(describe func(*form)) (*form, bool) {
	f := forms.Get().(*form) //nolint:forcetypeassert // they are all forms
	*f = form{out: f.out[:0]}
	f.object(func() { describe(f) })
	return f, !f.odd
}

// release gives the form to the next user. Nobody may use its text any longer.
func (f *form) release() {
	if f != nil && cap(f.out) <= maxRoom {
		forms.Put(f)
	}
}

// read reads an object by its description, and reports false if encoding/json has to.
func read(text string, describe func(*form)) bool {
	f := forms.Get().(*form) //nolint:forcetypeassert // they are all forms
	*f = form{reading: true, rest: text, out: f.out}
	f.object(func() { describe(f) })
	ok := !f.odd && f.rest == ""
	f.rest = "" // else it would keep the text in memory
	f.release()
	return ok
}

// field begins a field and reports whether it has a value to be written or read. A field
// that is omitted is not written.
func (f *form) field(name string, omitted bool) bool {
	if f.reading {
		return f.found(name)
	}
	if omitted {
		return false
	}
	if f.comma {
		f.out = append(f.out, ',')
	}
	f.out = append(append(append(f.out, '"'), name...), `":`...)
	f.comma = true
	return true
}

func (f *form) found(name string) bool {
	rest := f.rest
	if f.comma {
		if rest == "" || rest[0] != ',' {
			return false
		}
		rest = rest[1:]
	}
	end := len(name) + 3
	if len(rest) < end || rest[0] != '"' || rest[1:end-2] != name || rest[end-2:end] != `":` {
		return false
	}
	f.rest, f.comma = rest[end:], true
	return true
}

// skip skips a sign that has to come next.
func (f *form) skip(sign byte) {
	if f.rest == "" || f.rest[0] != sign {
		f.odd, f.rest = true, "" // so that nothing more is found
		return
	}
	f.rest = f.rest[1:]
}

// put writes a sign, or skips it.
func (f *form) put(sign byte) {
	if f.reading {
		f.skip(sign)
		return
	}
	f.out = append(f.out, sign)
}

// object is a value that has the fields.
func (f *form) object(fields func()) {
	f.put('{')
	f.comma = false
	fields()
	f.put('}')
	f.comma = true
}

// within is a field with an object that is always written.
func (f *form) within(name string, fields func()) {
	if f.field(name, false) {
		f.object(fields)
	}
}

// pointer is a field with an object that is omitted while there is none.
func pointer[T any](f *form, name string, to **T, fields func(*form, *T)) {
	if !f.field(name, *to == nil) {
		return
	}
	if f.reading {
		*to = new(T)
	}
	f.object(func() { fields(f, *to) })
}

// list is a field with a list that is omitted while it is empty.
func list[T any](f *form, name string, all *[]T, element func(*T)) {
	if !f.field(name, len(*all) == 0) {
		return
	}
	f.put('[')
	if !f.reading {
		for i := range *all {
			if i > 0 {
				f.put(',')
			}
			element(&(*all)[i])
		}
		f.put(']')
		return
	}
	*all = []T{}
	for more := !strings.HasPrefix(f.rest, "]"); more; {
		var one T
		element(&one)
		*all = append(*all, one)
		more = strings.HasPrefix(f.rest, ",") && !f.odd
		if more {
			f.skip(',')
		}
	}
	f.skip(']')
}

// other is a value that encoding/json writes and reads.
func (f *form) other(value any) {
	if !f.reading {
		text, err := json.Marshal(value)
		f.out, f.odd = append(f.out, text...), f.odd || err != nil
		return
	}
	decoder := json.NewDecoder(strings.NewReader(f.rest))
	if decoder.Decode(value) != nil {
		f.odd, f.rest = true, ""
		return
	}
	f.rest = f.rest[decoder.InputOffset():]
}
