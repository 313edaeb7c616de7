package egress_test

import (
	"net/netip"
	"strings"
	"testing"

	"kubejobs/shared/core/egress"
)

// refused are ranges that no policy may open.
var refused = []string{
	"169.254.0.0/16", "224.0.0.0/4", "0.0.0.0/8", "255.255.255.255/32", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32",
	"fe80::/10", "ff00::/8", "::/128", "fd00:ec2::/32", "fd20:ce::/32", "fd00:42::42/128", "64:ff9b:1::/48",
}

// within returns the address of a prefix with the other bits of host.
func within(prefix netip.Prefix, host [16]byte) netip.Addr {
	bytes := prefix.Addr().AsSlice()
	for i := range 8 * len(bytes) {
		if bit := byte(0x80 >> (i % 8)); i >= prefix.Bits() {
			bytes[i/8] |= host[i/8] & bit
		}
	}
	address, _ := netip.AddrFromSlice(bytes)
	return address
}

// spelled returns one of the IPv6 addresses that stand for an IPv4 address.
func spelled(address netip.Addr, form uint8, filler [16]byte) netip.Addr {
	if !address.Is4() {
		return address
	}
	v4, v6 := address.As4(), [16]byte{}
	switch form % 8 {
	case 0:
		return address
	case 1: // mapped
		return netip.AddrFrom16(address.As16())
	case 2: // 6to4
		copy(v6[:], filler[:])
		copy(v6[:], append([]byte{0x20, 0x02}, v4[:]...))
	case 3: // the server of Teredo
		copy(v6[:], filler[:])
		copy(v6[:], append([]byte{0x20, 0x01, 0, 0}, v4[:]...))
	case 4: // the client of Teredo
		copy(v6[:], filler[:])
		copy(v6[:], []byte{0x20, 0x01, 0, 0})
		copy(v6[12:], []byte{^v4[0], ^v4[1], ^v4[2], ^v4[3]})
	case 5: // NAT64
		v6 = netip.MustParseAddr("64:ff9b::").As16()
		copy(v6[12:], v4[:])
	case 6: // compatible
		copy(v6[12:], v4[:])
	default: // translated
		v6 = netip.MustParseAddr("::ffff:0:0:0").As16()
		copy(v6[12:], v4[:])
	}
	return netip.AddrFrom16(v6)
}

// Whatever is listed, and however an address is written, what is refused stays out.
func FuzzForbidden(f *testing.F) {
	for i := range refused {
		f.Add(uint8(i), uint8(i), []byte("\x12\x34\x56\x78"), "eth0", "0.0.0.0/0, ::/0", "metadata")
	}
	f.Add(uint8(0), uint8(5), []byte{0, 0, 0xa9, 0xfe}, "", "64:ff9b::/96", "a.svc")
	f.Add(uint8(0), uint8(1), []byte{}, "a", "::ffff:169.254.0.0/112, *.svc", "a.svc.")
	f.Fuzz(func(t *testing.T, which, form uint8, bits []byte, zone, entries, host string) {
		var filler [16]byte
		copy(filler[:], bits)
		address := spelled(within(netip.MustParsePrefix(refused[int(which)%len(refused)]), filler), form, filler)
		if address == netip.IPv6Loopback() {
			return // not 0.0.0.1
		}
		if !address.Is4() {
			address = address.WithZone(zone)
		}
		list := append(strings.Split(entries, ","), "0.0.0.0/0", "::/0", address.WithZone("").String())
		for _, entry := range []string{host, strings.TrimSuffix(host, "."), "*." + host} {
			if _, err := egress.Parse([]string{entry}); err == nil {
				list = append(list, entry)
			}
		}
		policy, err := egress.Parse(list)
		if err != nil {
			if policy, err = egress.Parse(list[strings.Count(entries, ",")+1:]); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{host, "a." + host, address.String()} {
			if policy.Allows(name, address) {
				t.Errorf("%q allows %s for %q", list, address, name)
			}
		}
	})
}

// A host that is accepted has one spelling: short, in ASCII and lower case, and
// accepted as it is.
func FuzzCanonicalHost(f *testing.F) {
	for _, text := range []string{
		"Redis.SVC.", "[FD00::0:1]", "::ffff:10.0.0.1", "fe80::1%eth0", "[fe80::1%25eth0]", "0x7f.1", "my_redis", "\u212Aube", "127.1", "", ".", "[", "a..b",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		host, ok := egress.CanonicalHost(text)
		if !ok {
			if host != "" {
				t.Errorf("CanonicalHost(%q) = %q beside false", text, host)
			}
			return
		}
		if again, ok := egress.CanonicalHost(host); !ok || again != host {
			t.Errorf("CanonicalHost(%q) = %q, and of that %q, %t", text, host, again, ok)
		}
		if len(host) == 0 || len(host) > 253 || strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' }) {
			t.Errorf("CanonicalHost accepts %q as %q", text, host)
		}
		if name, _, _ := strings.Cut(host, "%"); name != strings.ToLower(name) {
			t.Errorf("CanonicalHost(%q) = %q, want lower case", text, host)
		}
		policy, err := egress.Parse([]string{text})
		if err != nil {
			t.Fatalf("a policy refuses the host %q: %v", text, err)
		}
		if _, err := netip.ParseAddr(host); err != nil && !policy.Allows(host, netip.MustParseAddr("8.8.8.8")) {
			t.Errorf("a policy of %q does not allow %q", text, host)
		}
	})
}

// A list that is accepted allows what one of its entries allows, and an error shows a
// part of the entry only.
func FuzzParse(f *testing.F) {
	for _, entry := range []string{"169.254.0.0/16", "fe80::/10", "*.svc", "metadata", "::ffff:10.0.0.0/104", "fe80::1%eth0", "10.0.0.1", "[::1]", "*.", "\u0130"} {
		f.Add(entry, "a.svc", []byte{10, 0, 0, 1})
	}
	f.Fuzz(func(t *testing.T, entry, host string, bytes []byte) {
		address, ok := netip.AddrFromSlice(bytes)
		if !ok {
			return
		}
		alone, err := egress.Parse([]string{entry})
		if err != nil {
			if len(err.Error()) > 1000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			return
		}
		more, err := egress.Parse([]string{"b.example", entry, "192.168.0.0/16"})
		if err != nil {
			t.Fatal(err)
		}
		if alone.Allows(host, address) && !more.Allows(host, address) {
			t.Errorf("%q allows %s for %q, but not in a longer list", entry, address, host)
		}
		for _, forbidden := range []string{"169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fe80::1%eth0", "0.0.0.0", "::"} {
			if alone.Allows(entry, netip.MustParseAddr(forbidden)) {
				t.Errorf("%q allows %s", entry, forbidden)
			}
		}
	})
}
