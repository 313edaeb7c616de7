package start

import (
	"encoding/json"
	"strconv"
	"strings"
)

// decimal returns the exact value of a JSON number as digits × 10^exponent. Zeros
// at either end of the digits are dropped, so that equal numbers are equal: 40,
// 40.0 and 4e1 are "4" and 1. It returns false if the exponent has more than nine
// digits.
func decimal(number json.Number) (digits string, exponent int, ok bool) {
	text, sign := strings.ToLower(number.String()), ""
	if unsigned, negative := strings.CutPrefix(text, "-"); negative {
		text, sign = unsigned, "-"
	}
	mantissa, power, powered := strings.Cut(text, "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits = strings.TrimLeft(whole+fraction, "0")
	short := strings.TrimRight(digits, "0")
	if short == "" {
		return "0", 0, true
	}
	if powered {
		const longest = 9
		unsigned := strings.TrimLeft(power, "+-0")
		if len(unsigned) > longest {
			return "", 0, false
		}
		exponent, _ = strconv.Atoi(unsigned) // "" is 0
		if strings.HasPrefix(power, "-") {
			exponent = -exponent
		}
	}
	exponent -= len(fraction)
	return sign + short, exponent + len(digits) - len(short), true
}

// canonicalNumber returns the one spelling of all equal numbers.
func canonicalNumber(number json.Number) json.Number {
	digits, exponent, ok := decimal(number)
	if !ok {
		return number
	}
	return json.Number(digits + "e" + strconv.Itoa(exponent))
}

// wholeNumber returns a number without a fraction. It returns false if the number
// has one or does not fit.
func wholeNumber(number json.Number) (int64, bool) {
	const longest = 19 // digits of an int64
	digits, exponent, ok := decimal(number)
	if !ok || exponent < 0 || exponent > longest {
		return 0, false
	}
	value, err := strconv.ParseInt(digits+strings.Repeat("0", exponent), 10, 64)
	return value, err == nil
}
